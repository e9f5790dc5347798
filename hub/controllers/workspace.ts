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
import { Plugin } from "../../api/plugin.ts";
import { Workspace } from "../../api/workspace.ts";
import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import { getCondition } from "../../kube/conditions.ts";
import {
  createEventRecorder,
  type EventNote,
  type EventRecorder,
} from "../../kube/events.ts";
import { isNotFound } from "../../kube/kube_api_error.ts";
import {
  type Key,
  keyOf,
  type Result,
  runController,
} from "../../kube/reconciler.ts";
import type { Resource } from "../../kube/resource.ts";
import { WorkspaceConflict } from "../../kube/workspace_provider.ts";
import { enabledPlugins } from "../resolve/enabled_plugins.ts";
import type { HubContext } from "./context.ts";
import {
  applyManaged,
  managedInformer,
  type ManagedObject,
  ownersOf,
} from "./managed.ts";
import { writeStatus } from "./status.ts";
import { KINDS_CONDITION, workspaceKinds } from "./workspace_kinds.ts";
import {
  allMembers,
  memberClusterRules,
  type ServedKind,
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
  const { pluginKinds } = context;
  const naming = (plugin: string): Key[] =>
    informer.list().filter(({ spec }) =>
      spec?.plugins?.some(({ name }) => name === plugin)
    ).map(keyOf);
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
      {
        informer: context.informers.get<Plugin>(Plugin),
        keys: ({ metadata }: Plugin) => naming(metadata.name),
        filter: ({ type, object, old }) =>
          type !== "updated" ||
          object.metadata.generation !== old?.metadata.generation,
      },
      {
        start: (enqueue) => {
          pluginKinds.on((plugin) => naming(plugin).forEach(enqueue));
          // One too many, or the last that held a kind.
          pluginKinds.onObject(({ type, object }, { plugin }) => {
            const name = context.provider.workspaceOf(object);
            const workspace = name && informer.get(undefined, name);
            if (type === "updated" || !workspace) return;
            const isEnabled = enabledPlugins(workspace)
              .some((entry) => entry.name === plugin);
            if (!isEnabled || isInUse(workspace)) {
              enqueue({ name: workspace.metadata.name });
            }
          });
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
  const note = (note: EventNote) => events.event(workspace, note);
  await addFinalizer(context, workspace);
  try {
    const there = await provider.ensure(name, {
      owner: workspace,
      members: allMembers(workspace),
      note,
    });
    if (!there) {
      await writeStatus(context, Workspace, workspace, {
        outcome: {
          state: "reconciling",
          reason: "PlacePending",
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
        reason: conflict ? "PlaceConflict" : "PlacePending",
        message: (error as Error).message,
      },
      fields: { phase: "Pending" },
    });
    // Nothing tells us when a foreign namespace goes.
    if (conflict) return { requeueAfter: CONFLICT_PERIOD };
    throw error;
  }
  const kinds = await workspaceKinds(context, workspace, { note });
  await applyAccess(context, workspace, kinds.served);
  const wasInUse = isInUse(workspace);
  await writeStatus(context, Workspace, workspace, {
    outcome: kinds.pending
      ? {
        state: "reconciling",
        reason: "PluginKindsPending",
        message: kinds.condition!.message,
      }
      : {
        state: "ready",
        reason: "Ready",
        message: `Its ${place} and Roles are there`,
      },
    conditions: kinds.condition ? [kinds.condition] : [],
    // What is there goes on meanwhile.
    fields: { phase: "Ready", workspaceURL: provider.url(name) },
  });
  if (kinds.inUse && !wasInUse) {
    events.event(workspace, {
      type: "Warning",
      reason: "PluginKindsInUse",
      message: kinds.condition!.message,
    });
  }
  return kinds;
}

function isInUse({ status }: Workspace): boolean {
  const condition = getCondition(status?.conditions, KINDS_CONDITION);
  return condition?.reason === "PluginKindsInUse";
}

async function applyAccess(
  context: HubContext,
  workspace: Workspace,
  kinds: ServedKind[],
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
    ...workspaceRoles(workspace, {
      namespace: provider.endpoint(name).namespace,
      kinds,
    }).map((role) => () =>
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
