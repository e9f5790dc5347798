/**
 * Who gets into a workspace of kcp: the verb `access` on `/`. What they may do there, Roles say.
 *
 * @module
 */
import * as core from "../../api/core.ts";
import type { KubeObject, OwnerReference } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import type { KubeClient } from "../client.ts";
import type { WorkspaceMember } from "../workspace_provider.ts";
import { KcpWorkspace } from "./kinds.ts";

/** ClusterRole of kcp that lets somebody into a workspace. */
const ACCESS_ROLE = "system:kcp:workspace:access";
/** Name of the objects that let members in. */
const ACCESS = "faros:access";

/** Lets members into their workspace, and nobody else. */
export async function admitMembers(
  inside: KubeClient,
  members: WorkspaceMember[],
): Promise<void> {
  await bind(inside, {
    name: ACCESS,
    role: ACCESS_ROLE,
    subjects: members,
  });
}

/** Makes the hub's user an administrator of a workspace: virtual workspaces serve no tokens of ServiceAccounts. */
export async function admitHub(
  inside: KubeClient,
  user: string,
): Promise<void> {
  await bind(inside, {
    name: "faros:hub",
    role: "cluster-admin",
    subjects: [{ kind: "User", apiGroup: core.ClusterRole.group, name: user }],
  });
}

/** Lets members see in the hub's own workspace which kcp workspace theirs is, and no other. */
export async function showMembers(
  client: KubeClient,
  owner: KubeObject,
  members: WorkspaceMember[],
): Promise<void> {
  const { name } = owner.metadata;
  const role = `${ACCESS}:${name}`;
  const ownerReferences = [ownerReference(owner)];
  await apply(client, core.ClusterRole, {
    metadata: { name: role, ownerReferences },
    rules: [
      { nonResourceURLs: ["/"], verbs: ["access"] },
      {
        apiGroups: [KcpWorkspace.group],
        resources: [KcpWorkspace.plural],
        resourceNames: [name],
        verbs: ["get"],
      },
    ],
  });
  await bind(client, { name: role, role, subjects: members, ownerReferences });
}

/** The reference by which `owner` owns another object of the hub's workspace. */
export function ownerReference(
  { apiVersion, kind, metadata }: KubeObject,
): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid! };
}

async function bind(
  client: KubeClient,
  of: {
    name: string;
    role: string;
    subjects: WorkspaceMember[];
    ownerReferences?: OwnerReference[];
  },
): Promise<void> {
  const { name, role, subjects, ownerReferences } = of;
  await apply(client, core.ClusterRoleBinding, {
    metadata: { name, ...(ownerReferences ? { ownerReferences } : {}) },
    roleRef: {
      apiGroup: core.ClusterRole.group,
      kind: core.ClusterRole.kind,
      name: role,
    },
    subjects,
  });
}

async function apply(
  client: KubeClient,
  resource: typeof core.ClusterRole,
  object: Pick<KubeObject, "metadata"> & Record<string, unknown>,
): Promise<void> {
  await client.apply(resource, {
    apiVersion: `${resource.group}/${resource.version}`,
    kind: resource.kind,
    ...object,
  }, { fieldManager: HUB_MANAGER, force: true });
}
