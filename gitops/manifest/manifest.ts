import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Position } from "./problem.ts";
import type { Sensitive } from "./sensitive.ts";

/** An object as it stands in a repository. */
export interface Manifest extends Position {
  object: KubeObject;
  /** Known for Faros's own kinds; discovery tells that of others. */
  resource?: Resource;
  file: string;
  /** Where a field, or the nearest part that is there, stands in `file`. */
  locate(path: readonly PropertyKey[], what?: "key" | "value"): Position;
  /** Values in it that nobody may see, besides those of a Secret. */
  sensitive?: Sensitive;
  /** Whether it was encrypted in the repository. */
  encrypted?: boolean;
  /** Whether it still is, and `object` but names it. */
  sealed?: boolean;
}

/** Identifies an object among those of a workspace, whatever its version. */
export function objectKey(object: KubeObject): string {
  const { apiVersion, kind, metadata } = object;
  const slash = apiVersion.lastIndexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  return `${group}/${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}
