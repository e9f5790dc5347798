/**
 * What the device that is an Agent may do in the Kubernetes API.
 *
 * @module
 */
import { Agent } from "../../api/agent.ts";
import { Lease, Role, RoleBinding, ServiceAccount } from "../../api/core.ts";
import { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Revision } from "../../api/revision.ts";
import type { Key } from "../../kube/reconciler.ts";
import type { Workspace } from "../../api/workspace.ts";
import { enabledPlugins } from "../resolve/enabled_plugins.ts";
import { allowedRules } from "../resolve/kubernetes_permissions.ts";
import type { HubContext } from "./context.ts";
import { deviceAccount, ENROLLMENT_ANNOTATION } from "./issue_credential.ts";
import {
  applyManaged,
  managedInformer,
  type ManagedObject,
  removeManaged,
} from "./managed.ts";
import type { PolicyRule } from "./workspace_roles.ts";

/** The objects of a device's identity. */
export const ACCESS_RESOURCES = [RoleBinding, Role, ServiceAccount];

/** What decides about a device's rights. */
export interface DeviceGrant {
  /** Name of the Enrollment of its key. */
  enrollment: string;
  /** Content of the Revision that it is to run. */
  revision?: Revision["spec"];
  /** Its workspace, which grants its plugins what they may do. */
  workspace: Workspace;
}

/**
 * The rules of a device: its own Agent, Lease and Enrollment, what its Revision refers to, what its plugins need and
 * are granted, and no more.
 */
export function deviceRules(
  agent: Agent,
  { enrollment, revision, workspace }: DeviceGrant,
): PolicyRule[] {
  const own = { resourceNames: [agent.metadata.name] };
  const secrets = [
    ...new Set(
      revision?.plugins.flatMap((plugin) =>
        plugin.secrets?.map(({ name }) => name) ?? []
      ),
    ),
  ].sort();
  return [
    {
      apiGroups: [Agent.group],
      resources: [Agent.plural],
      ...own,
      verbs: ["get", "list", "watch"],
    },
    {
      apiGroups: [Agent.group],
      resources: [`${Agent.plural}/status`],
      ...own,
      verbs: ["get", "patch"],
    },
    {
      apiGroups: [Lease.group],
      resources: [Lease.plural],
      ...own,
      verbs: ["get", "patch", "update"],
    },
    {
      apiGroups: [Enrollment.group],
      resources: [Enrollment.plural],
      resourceNames: [enrollment],
      verbs: ["get"],
    },
    {
      apiGroups: [Revision.group],
      resources: [Revision.plural],
      verbs: ["get"],
    },
    ...(secrets.length
      ? [{
        apiGroups: [""],
        resources: ["secrets"],
        resourceNames: secrets,
        verbs: ["get"],
      }]
      : []),
    ...pluginRules(revision, workspace),
  ];
}

/** The rights of all plugins of a Revision; a grant that the workspace has taken back ends at once, whatever runs. */
function pluginRules(
  revision: Revision["spec"] | undefined,
  workspace: Workspace,
): PolicyRule[] {
  const grants = new Map(
    enabledPlugins(workspace).map((p) => [p.name, p.permissions?.kubernetes]),
  );
  const rules = (revision?.plugins ?? []).flatMap(({ plugin, permissions }) =>
    allowedRules(permissions?.kubernetes, grants.get(plugin))
      .map(({ apiGroup, ...rule }) => ({ apiGroups: [apiGroup], ...rule }))
  );
  return [
    ...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values(),
  ];
}

/** Gives the device that holds the Enrollment's key its identity. */
export async function grantAccess(
  context: HubContext,
  agent: Agent,
  of: DeviceGrant,
): Promise<void> {
  const { name: device, namespace } = agent.metadata;
  const name = deviceAccount(device);
  const common = { owner: agent, namespace, name };
  await applyManaged(context, Role, {
    ...common,
    fields: { rules: deviceRules(agent, of) },
  });
  await applyManaged(context, RoleBinding, {
    ...common,
    fields: {
      roleRef: { apiGroup: Role.group, kind: Role.kind, name },
      subjects: [{ kind: ServiceAccount.kind, name, namespace }],
    },
  });
  // Made for it, since RBAC cannot let it create one under one name only.
  await applyManaged(context, Lease, { owner: agent, namespace, name: device });
  // Last: the device gets its credential once this is there.
  await grantAccount(context, { ...common, enrollment: of.enrollment });
}

/** A ServiceAccount serves one key: with it go all tokens of the key before. */
async function grantAccount(
  context: HubContext,
  wanted: ManagedObject & { enrollment: string },
): Promise<void> {
  const { client, signal } = context;
  const { enrollment, ...object } = wanted;
  const { namespace, name } = object;
  const annotations = { [ENROLLMENT_ANNOTATION]: enrollment };
  const isFor = (account?: KubeObject) =>
    account?.metadata.annotations?.[ENROLLMENT_ANNOTATION] === enrollment;
  if (!isFor(managedInformer(context, ServiceAccount).get(namespace, name))) {
    const live = await client.tryGet<KubeObject>(ServiceAccount, name, {
      namespace,
      signal,
    });
    if (live && !isFor(live)) {
      await client.delete(ServiceAccount, name, {
        namespace,
        uid: live.metadata.uid,
        ignoreNotFound: true,
        signal,
      });
    }
  }
  await applyManaged(context, ServiceAccount, { ...object, annotations });
}

/**
 * Takes it away; all tokens end with the ServiceAccount.
 *
 * @param isOver Asks the server itself whether the device has no right to it any more. What the informers miss may
 * merely be out of their sight: a shard of kcp that is not among the endpoints for a while.
 */
export async function revokeAccess(
  context: HubContext,
  { namespace, name }: Key,
  isOver: () => Promise<boolean>,
): Promise<void> {
  const key = { namespace, name: deviceAccount(name) };
  const there = ACCESS_RESOURCES.some((resource) =>
    managedInformer(context, resource).get(key.namespace, key.name)
  );
  if (!there || !await isOver()) return;
  for (const resource of ACCESS_RESOURCES.toReversed()) {
    await removeManaged(context, resource, key);
  }
}
