import type { Comparison } from "./compare.ts";
import { type FieldPath, FieldSet } from "./field_set.ts";
import type { Manager, Managers } from "./managers.ts";

/** Fields of the metadata that nobody ever owns. */
export const SYSTEM_METADATA: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
]);

/** Fields that nobody ever owns. */
const neverOwned = FieldSet.of(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...Array.from(SYSTEM_METADATA, (name) => ["f:metadata", `f:${name}`]),
);

/** Which fields an operation resets and hence does not own. */
export interface ResetOptions {
  /** Subresource of the operation: "" is the object itself. */
  subresource?: string;
  /** Field paths such as `["status"]`, in place of what the subresource implies. */
  resetFields?: string[][];
  /** Whether the kind has a status subresource. Default: true. */
  statusSubresource?: boolean;
}

/** The set of fields that the operation resets: status in the main resource; in status, metadata and spec. */
export function resetSet(
  { subresource = "", resetFields, statusSubresource = true }: ResetOptions,
): FieldSet {
  const paths = resetFields ??
    (subresource === "status"
      ? [["metadata"], ["spec"]]
      : subresource === "" && statusSubresource
      ? [["status"]]
      : []);
  return FieldSet.of(...paths.map((path) => path.map((part) => `f:${part}`)));
}

/** Without the fields that the operation resets. */
export function withoutReset(
  comparison: Comparison,
  reset: FieldSet,
): Comparison {
  if (reset.isEmpty()) return comparison;
  return {
    added: comparison.added.recursiveDifference(reset),
    removed: comparison.removed.recursiveDifference(reset),
    modified: comparison.modified.recursiveDifference(reset),
  };
}

/** `set` without names, uid, resourceVersion and the like. */
export function withoutSystemFields(set: FieldSet): FieldSet {
  return set.difference(neverOwned);
}

/** One manager's field that an operation would change. */
export interface FieldConflict {
  manager: Manager;
  path: FieldPath;
}

/**
 * Takes changed and removed fields from all managers but `self`.
 *
 * @returns without `force`, the conflicts instead, if there are any; `managers` is then as it was.
 */
export function takeOver(
  managers: Managers,
  { comparison, self, force }: {
    comparison: Comparison;
    self: string;
    force: boolean;
  },
): FieldConflict[] {
  const touched = comparison.modified.union(comparison.added);
  const conflicts: FieldConflict[] = [];
  const changes: [string, FieldSet][] = [];
  for (const [id, manager] of managers) {
    if (id === self) continue;
    const { set } = manager;
    const takes = set.intersects(touched);
    if (!takes && !set.intersects(comparison.removed)) {
      if (set.isEmpty()) changes.push([id, set]);
      continue;
    }
    const taken = set.intersection(touched);
    if (takes && !force) {
      taken.forEach((path) => conflicts.push({ manager, path }));
    }
    changes.push([id, set.difference(taken).difference(comparison.removed)]);
  }
  if (conflicts.length) return conflicts;
  for (const [id, set] of changes) {
    if (set.isEmpty()) managers.delete(id);
    else managers.set(id, { ...managers.get(id)!, set });
  }
  return [];
}

/** RFC 3339 in seconds, as `time` in managedFields is written. */
export function timestamp(now: Date | string): string {
  if (typeof now === "string") return now;
  return now.toISOString().replace(/\.\d+Z$/, "Z");
}

/** `object` without `metadata.managedFields`. */
export function withoutManagedFields<T extends object>(object: T): T {
  const { metadata } = object as { metadata?: Record<string, unknown> };
  if (!metadata || metadata.managedFields === undefined) return object;
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest } as T;
}
