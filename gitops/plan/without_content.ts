import type { KubeObject } from "../../api/meta.ts";

/**
 * An object without what only comparing it takes: its metadata, but for
 * `managedFields`. Most of the memory that a fleet's objects take is the rest.
 */
export function withoutContent<T extends KubeObject>(object: T): T {
  const { apiVersion, kind, metadata } = object;
  const { managedFields: _, ...rest } = metadata;
  return { apiVersion, kind, metadata: rest } as T;
}
