/**
 * What a ResourceQuota counts.
 *
 * @module
 */
import { COUNTED_RESOURCES } from "../builtin/counted_resources.ts";
import type { KubeObject, Reader } from "../types.ts";

const PLAIN = new Set(COUNTED_RESOURCES);

/** The resource that `name` (`secrets`, `count/agents.edge.faros.sh`) counts; undefined for cpu and the like. */
export function countedResource(
  name: string,
): { group: string; resource: string } | undefined {
  if (PLAIN.has(name)) return { group: "", resource: name };
  if (!name.startsWith("count/")) return undefined;
  const [resource = "", ...group] = name.slice("count/".length).split(".");
  return { group: group.join("."), resource };
}

/** Names under which a quota may count objects of a resource. */
export function quotaNames(group: string, resource: string): string[] {
  const count = group ? `count/${resource}.${group}` : `count/${resource}`;
  return group === "" && PLAIN.has(resource) ? [resource, count] : [count];
}

/** Whether the quota is for all objects; scopes are about pods. */
export function countsObjects(quota: KubeObject): boolean {
  return !quota.spec?.scopes?.length && !quota.spec?.scopeSelector;
}

/** Objects that stand in a namespace. */
export function countObjects(
  reader: Reader,
  of: { group: string; resource: string; namespace: string },
): number {
  return reader.count(of);
}
