import {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  ServiceAccount,
} from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  HUB_MANAGER,
  SYNC_SERVICE_ACCOUNT,
  WORKSPACE_LABEL,
} from "../../api/names.ts";
import { Workspace } from "../../api/workspace.ts";
import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import { createEventRecorder, type EventRecorder } from "../../kube/events.ts";
import { isNotFound } from "../../kube/kube_api_error.ts";
import { type Key, type Result, runController } from "../../kube/reconciler.ts";
import type { Resource } from "../../kube/resource.ts";
import { WorkspaceConflict } from "../../kube/workspace_provider.ts";
import type { HubContext } from "./context.ts";
import {
  applyManaged,
  managedInformer,
  type ManagedObject,
  ownersOf,
} from "./managed.ts";
import { writeStatus } from "./status.ts";
import {
  allMembers,
  memberClusterRules,
  type WorkspaceRole,
  workspaceRoles,
} from "./workspace_roles.ts";

const FINALIZER = "tenancy.faros.sh/namespace";
/** Between looks at a namespace that is being deleted, in milliseconds. */
const REMOVAL_PERIOD = 1000;
/** Between looks at a place that is being made, in milliseconds; its own events bring us back sooner. */
const PENDING_PERIOD = 2000;
/** Between looks at whether a foreign namespace has gone, in milliseconds. */
const CONFLICT_PERIOD = 30_000;

/** Makes the place for each Workspace, with Roles for its members and its sync identity; removes it with the Workspace. */
export function runWorkspaceController(context: HubContext): Promise<void> {
  const informer = context.informers.get<Workspace>(Workspace);
  const events = createEventRecorder(context.client, {
    ...context,
    component: "faros-hub",
  });
  const owner = ownersOf("Workspace");
  // What is in the workspace may not name an owner that is elsewhere.
  const owned = (object: KubeObject): Key[] => {
    if (!object.metadata.namespace) return owner(object);
    const name = context.provider.workspaceOf(object);
    const others = object.metadata.ownerReferences?.length;
    return name === undefined || others ? [] : [{ name }];
  };
  return runController({
    ...context,
    name: "workspace",
    concurrency: 8,
    reconcile: async (key) => {
      const workspace = informer.get(undefined, key.name);
      return workspace && await reconcile(context, { workspace, events });
    },
    sources: [
      { informer },
      {
        informer: context.informers.get(context.provider.place, {
          labelSelector: WORKSPACE_LABEL,
        }),
        keys: (place: KubeObject): Key[] => [
          { name: place.metadata.labels![WORKSPACE_LABEL]! },
        ],
      },
      {
        start: (enqueue, signal) => {
          const stop = context.provider.onChange((name) => enqueue({ name }));
          signal.addEventListener("abort", stop, { once: true });
        },
      },
      ...[ServiceAccount, Role, RoleBinding, ClusterRole, ClusterRoleBinding]
        .map((resource) => ({
          informer: managedInformer(context, resource),
          keys: owned,
        })),
    ],
  });
}

async function reconcile(
  context: HubContext,
  { workspace, events }: { workspace: Workspace; events: EventRecorder },
): Promise<Result> {
  if (workspace.metadata.deletionTimestamp) {
    return await remove(context, workspace);
  }
  const { provider } = context;
  const { name } = workspace.metadata;
  const place = provider.describe(name);
  await addFinalizer(context, workspace);
  try {
    const there = await provider.ensure(name, {
      owner: workspace,
      members: allMembers(workspace),
      note: (note) => events.event(workspace, note),
    });
    if (!there) {
      await writeStatus(context, Workspace, workspace, {
        outcome: {
          state: "reconciling",
          reason: "NamespacePending",
          message: `Its ${place} is being made`,
        },
        fields: { phase: "Pending" },
      });
      return { requeueAfter: PENDING_PERIOD };
    }
  } catch (error) {
    const conflict = error instanceof WorkspaceConflict;
    await writeStatus(context, Workspace, workspace, {
      outcome: {
        state: conflict ? "stalled" : "reconciling",
        reason: conflict ? "NamespaceConflict" : "NamespacePending",
        message: (error as Error).message,
      },
      fields: { phase: "Pending" },
    });
    // Nothing tells us when a foreign namespace goes.
    if (conflict) return { requeueAfter: CONFLICT_PERIOD };
    throw error;
  }
  await applyAccess(context, workspace);
  await writeStatus(context, Workspace, workspace, {
    outcome: {
      state: "ready",
      reason: "Ready",
      message: `Its ${place} and Roles are there`,
    },
    fields: { phase: "Ready", workspaceURL: provider.url(name) },
  });
}

async function applyAccess(
  context: HubContext,
  workspace: Workspace,
): Promise<void> {
  const { name } = workspace.metadata;
  const { provider } = context;
  const { namespace } = provider.open(name);
  const bound = async (
    [role, binding]: [Resource, Resource],
    object: Pick<ManagedObject, "name" | "namespace" | "owner">,
    { rules, subjects }: Pick<WorkspaceRole, "rules" | "subjects">,
  ) => {
    await applyManaged(context, role, { ...object, fields: { rules } });
    await applyManaged(context, binding, {
      ...object,
      fields: {
        roleRef: { apiGroup: role.group, kind: role.kind, name: object.name },
        subjects,
      },
    });
  };
  // At once, since each waits for the disk, and none for another.
  const all = [
    () =>
      applyManaged(context, ServiceAccount, {
        namespace,
        name: SYNC_SERVICE_ACCOUNT,
      }),
    ...workspaceRoles(workspace, provider.endpoint(name)).map((role) => () =>
      bound([Role, RoleBinding], { namespace, name: role.name }, role)
    ),
    () =>
      bound([ClusterRole, ClusterRoleBinding], {
        owner: workspace,
        name: `faros:workspace:${name}`,
      }, { rules: memberClusterRules(name), subjects: allMembers(workspace) }),
  ];
  await forEachLimited(all, all.length, async (apply) => {
    await apply();
  });
}

async function remove(
  context: HubContext,
  workspace: Workspace,
): Promise<Result> {
  const { name, finalizers = [] } = workspace.metadata;
  if (!finalizers.includes(FINALIZER)) return;
  const { provider, client, signal } = context;
  if (!await provider.remove(name)) {
    const holding = await provider.holding(name);
    await writeStatus(context, Workspace, workspace, {
      outcome: {
        state: "reconciling",
        reason: "Terminating",
        message: `Its ${
          provider.describe(name)
        } is being deleted with all that is in it${
          holding ? `; what is left: ${holding}` : ""
        }`,
      },
      fields: { phase: "Terminating" },
    });
    return { requeueAfter: REMOVAL_PERIOD };
  }
  const index = finalizers.indexOf(FINALIZER);
  try {
    await client.patch(Workspace, name, [
      {
        op: "test",
        path: `/metadata/finalizers/${index}`,
        value: FINALIZER,
      },
      { op: "remove", path: `/metadata/finalizers/${index}` },
    ], { type: "json", fieldManager: HUB_MANAGER, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function addFinalizer(
  { client, signal }: HubContext,
  workspace: Workspace,
): Promise<void> {
  const { name, finalizers = [], resourceVersion } = workspace.metadata;
  if (finalizers.includes(FINALIZER)) return;
  await client.patch(Workspace, name, {
    metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] },
  }, { type: "merge", fieldManager: HUB_MANAGER, signal });
}
