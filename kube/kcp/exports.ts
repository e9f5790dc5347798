/**
 * Which resources of tenants' workspaces the hub sees, and by which APIExport.
 *
 * @module
 */
import * as core from "../../api/core.ts";
import type { Kind } from "../../api/kind.ts";
import { kinds } from "../../api/kinds.ts";
import { Agent } from "../../api/agent.ts";
import type { Resource } from "../resource.ts";

/** Kinds that tenants see: those that are in a workspace. There is an APIExport for each of their API groups, of its name. */
export const tenantKinds: readonly Kind[] = kinds.filter((k) => k.namespaced);

/** Kinds of the hub's own workspace. */
export const hubKinds: readonly Kind[] = kinds.filter((k) => !k.namespaced);

/** The APIExport that claims what is not Faros's own; one that every workspace binds. */
export const CLAIMING_EXPORT = Agent.group;

/** Kinds of Kubernetes that the hub reads and writes in a tenant's workspace, and therefore claims there. */
export const claimedKinds: readonly Resource[] = [
  core.ConfigMap,
  core.Secret,
  core.ServiceAccount,
  core.Event,
  core.Role,
  core.RoleBinding,
  core.Lease,
];

const exports = new Map<string, string>([
  ...tenantKinds.map((k): [string, string] => [key(k), k.group]),
  ...claimedKinds.map((k): [string, string] => [key(k), CLAIMING_EXPORT]),
]);

/** The APIExport whose virtual workspaces show a resource of all workspaces; none where it is the hub's own alone. */
export function exportOf(
  resource: Pick<Resource, "group" | "plural">,
): string | undefined {
  return exports.get(key(resource));
}

/** Whether a resource is Kubernetes' own, so that the hub's workspace has objects of it, too. */
export function isClaimed(
  { group, plural }: Pick<Resource, "group" | "plural">,
) {
  return claimedKinds.some((k) => k.group === group && k.plural === plural);
}

function key({ group, plural }: Pick<Resource, "group" | "plural">): string {
  return `${plural}.${group}`;
}
