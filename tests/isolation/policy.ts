/**
 * Who may do what, said once more: not by the Roles that the hub makes, but as
 * the documentation promises it.
 *
 * @module
 */
import { Thermometer } from "../hub/thermometer.ts";
import type { Served } from "./served.ts";

/** What somebody is in a workspace. */
export type Part =
  | "admin"
  | "operator"
  | "viewer"
  /** What the workspace's folder in Git is applied as. */
  | "sync"
  /** A device with its credential. */
  | "device"
  /** A device that has no more than the join token. */
  | "join"
  /** Logged in, and a member of nothing. */
  | "stranger"
  | "anonymous";

const READ = ["get", "list", "watch"];

/** Whether somebody may do that to any object of a resource in their own workspace. */
export function mayInWorkspace(
  part: Part,
  served: Served,
  verb: string,
): boolean {
  const { group, plural, subresource } = served;
  const resource = subresource ? `${plural}/${subresource}` : plural;
  const own = served.namespaced &&
    (/(^|\.)faros\.sh$/.test(group) || group === Thermometer.group);
  const hubs = own && ["enrollments", "revisions"].includes(plural);
  const mayLook = !subresource && READ.includes(verb) &&
    (own || ["configmaps", "events", "leases"].includes(plural));
  // To approve a device, to deny it, to revoke it.
  const mayAdmit = own &&
    (resource === "enrollments" && verb === "delete" ||
      resource === "enrollments/status" &&
        ["get", "patch", "update"].includes(verb));
  const maySync = !subresource && (own && !hubs ||
    group === "" &&
      ["configmaps", "secrets", "serviceaccounts"].includes(plural) ||
    group === "rbac.authorization.k8s.io" &&
      ["roles", "rolebindings"].includes(plural));
  switch (part) {
    case "viewer":
      return mayLook;
    case "operator":
      return mayLook || mayAdmit ||
        own && !subresource &&
          (plural === "agents" || group === Thermometer.group ||
            /(^|\.)plugins\.faros\.sh$/.test(group));
    case "admin":
      return mayLook || mayAdmit || maySync;
    case "sync":
      return maySync;
    case "join":
      return resource === "enrollments" && own &&
        ["create", "get"].includes(verb);
    case "device":
      return resource === "revisions" && own && verb === "get";
    case "stranger":
    case "anonymous":
      return false;
  }
}

/** Objects that are a device's own, by resource: what it may do to them. */
export const DEVICE_OWN: Record<string, readonly string[]> = {
  "agents.edge.faros.sh": READ,
  "agents.edge.faros.sh/status": ["get", "patch"],
  "leases.coordination.k8s.io": ["get", "patch", "update"],
  "enrollments.edge.faros.sh": ["get"],
  "secrets": ["get"],
};

/** Whether it is a question about oneself. */
export function isQuestion({ group, plural }: Served): boolean {
  return group.endsWith(".k8s.io") && plural.startsWith("selfsubject");
}

/** Whether somebody may do that to what no workspace has; `own` is what is their own workspace's there. */
export function mayOutside(
  part: Part,
  served: Served,
  { verb, own }: { verb: string; own: boolean },
): boolean {
  const { group, plural, subresource } = served;
  if (plural === "clustertrustbundles" && !subresource) {
    // Certificates that Kubernetes publishes to all ServiceAccounts.
    return ["sync", "join", "device"].includes(part) && READ.includes(verb);
  }
  if (!["admin", "operator", "viewer"].includes(part) || subresource) {
    return false;
  }
  if (group === "plugins.faros.sh" && plural === "plugins") {
    return READ.includes(verb);
  }
  return own && verb === "get" &&
    (group === "" && plural === "namespaces" ||
      /^tenancy\.(faros\.sh|kcp\.io)$/.test(group) && plural === "workspaces");
}
