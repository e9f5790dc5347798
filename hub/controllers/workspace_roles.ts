/**
 * What members of a workspace may do, and what its folder in Git may.
 *
 * @module
 */
import { pluginObjectKinds, workspaceManifestKinds } from "../../api/kinds.ts";
import { SYNC_SERVICE_ACCOUNT } from "../../api/names.ts";
import type { Member, Workspace } from "../../api/workspace.ts";
import type { WorkspaceMember } from "../../kube/workspace_provider.ts";

/** A rule of RBAC. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** A subject of a RoleBinding. */
export type Subject = WorkspaceMember | {
  kind: "ServiceAccount";
  name: string;
  namespace: string;
};

/** A Role of a workspace and who has it. */
export interface WorkspaceRole {
  /** Of the Role and of its RoleBinding. */
  name: string;
  rules: PolicyRule[];
  subjects: Subject[];
}

/** A kind of a plugin that is served in a workspace. */
export interface ServedKind {
  group: string;
  plural: string;
  /** Whether there may be more of it: not once its plugin is not enabled any more. */
  create: boolean;
}

const READ = ["get", "list", "watch"];
const CHANGE = ["update", "patch", "delete", "deletecollection"];
const WRITE = ["create", ...CHANGE];
const ALL = [...READ, ...WRITE];
const RBAC = "rbac.authorization.k8s.io";

/**
 * The Roles of a workspace's namespace.
 *
 * @param of.namespace Its name, as members know it.
 * @param of.kinds Kinds of plugins that are served there.
 */
export function workspaceRoles(
  workspace: Workspace,
  { namespace, kinds = [] }: { namespace: string; kinds?: ServedKind[] },
): WorkspaceRole[] {
  const { name } = workspace.metadata;
  return [
    {
      name: "faros:sync",
      rules: [...syncRules(), ...pluginKindRules(kinds)],
      subjects: [{
        kind: "ServiceAccount",
        name: SYNC_SERVICE_ACCOUNT,
        namespace: name,
      }],
    },
    ...(["admin", "operator", "viewer"] as const).map((role) => ({
      name: `faros:${role}`,
      rules: [
        ...{ admin: adminRules, operator: operatorRules, viewer: viewRules }
          [role](namespace),
        ...(role === "viewer" ? rules(kinds, READ) : pluginKindRules(kinds)),
      ],
      subjects: subjects(workspace.spec?.members ?? [], role),
    })),
  ];
}

/** What any member may see beyond the namespace: the Workspace itself, and the catalogue. */
export function memberClusterRules(workspace: string): PolicyRule[] {
  return [
    {
      apiGroups: ["tenancy.faros.sh"],
      resources: ["workspaces"],
      resourceNames: [workspace],
      verbs: ["get"],
    },
    {
      apiGroups: ["plugins.faros.sh"],
      resources: ["plugins"],
      verbs: READ,
    },
  ];
}

/** All members, whatever their role. */
export function allMembers(workspace: Workspace): WorkspaceMember[] {
  const members = workspace.spec?.members ?? [];
  const all = (["admin", "operator", "viewer"] as const)
    .flatMap((role) => subjects(members, role));
  return [...new Map(all.map((s) => [`${s.kind}/${s.name}`, s])).values()];
}

function subjects(members: Member[], role: string): WorkspaceMember[] {
  return members.flatMap((member): WorkspaceMember[] => {
    if (typeof member === "string") {
      // As in the first Faros, where members were names alone.
      return role === "admin" ? [subject("User", member)] : [];
    }
    if ((member.role ?? "viewer") !== role) return [];
    return "user" in member
      ? [subject("User", member.user)]
      : [subject("Group", member.group)];
  });
}

function subject(kind: "User" | "Group", name: string): WorkspaceMember {
  return { kind, apiGroup: RBAC, name };
}

/** Everything that may stand in a workspace's folder. Neither `bind` nor `escalate`: a Role in Git grants no more than this. */
function syncRules(): PolicyRule[] {
  return [
    ...rules(workspaceManifestKinds, ALL),
    {
      apiGroups: [""],
      resources: ["configmaps", "secrets", "serviceaccounts"],
      verbs: ALL,
    },
    { apiGroups: [RBAC], resources: ["roles", "rolebindings"], verbs: ALL },
  ];
}

function adminRules(namespace: string): PolicyRule[] {
  return [
    ...syncRules(),
    ...lookRules(namespace),
    ...enrollmentRules(),
  ];
}

function operatorRules(namespace: string): PolicyRule[] {
  const kinds = workspaceManifestKinds.filter((kind) =>
    kind.kind === "Agent" || pluginObjectKinds.includes(kind)
  );
  return [
    ...rules(kinds, WRITE),
    ...viewRules(namespace),
    ...enrollmentRules(),
  ];
}

/** No Secrets: what is secret is not for everybody who looks. */
function viewRules(namespace: string): PolicyRule[] {
  return [
    ...rules(workspaceManifestKinds, READ),
    { apiGroups: [""], resources: ["configmaps"], verbs: READ },
    ...lookRules(namespace),
  ];
}

function lookRules(namespace: string): PolicyRule[] {
  return [
    {
      apiGroups: ["edge.faros.sh"],
      resources: ["enrollments", "revisions"],
      verbs: READ,
    },
    { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: READ },
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: READ },
    {
      apiGroups: [""],
      resources: ["namespaces"],
      resourceNames: [namespace],
      verbs: ["get"],
    },
  ];
}

/** To approve or deny a device is to set a condition on its Enrollment; to revoke it is to delete that. */
function enrollmentRules(): PolicyRule[] {
  return [
    {
      apiGroups: ["edge.faros.sh"],
      resources: ["enrollments/status"],
      verbs: ["get", "patch", "update"],
    },
    {
      apiGroups: ["edge.faros.sh"],
      resources: ["enrollments"],
      verbs: ["delete"],
    },
  ];
}

/** What may be done with kinds of plugins, as with Faros's own plugin objects. */
function pluginKindRules(kinds: readonly ServedKind[]): PolicyRule[] {
  return [
    ...rules(kinds.filter((kind) => kind.create), ALL),
    ...rules(kinds.filter((kind) => !kind.create), [...READ, ...CHANGE]),
  ];
}

/** One rule for each API group. */
function rules(
  kinds: readonly { group: string; plural: string }[],
  verbs: string[],
): PolicyRule[] {
  return [...Map.groupBy(kinds, (kind) => kind.group)].map((
    [group, members],
  ) => ({
    apiGroups: [group],
    resources: members.map((kind) => kind.plural),
    verbs,
  }));
}
