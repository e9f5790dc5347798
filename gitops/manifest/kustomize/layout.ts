/**
 * Which files of a repository are Kustomize's.
 *
 * @module
 */
import { posix } from "node:path";
import { partOf, workspaceFile } from "../layout.ts";
import { isKustomization } from "./kustomization.ts";

/** Whether a path is a folder or file, or is in it. */
export function isWithin(path: string, top: string): boolean {
  return top === "." || path === top || path.startsWith(`${top}/`);
}

/**
 * The kustomizations that are built: those of a part of the repository that
 * are in no folder of another one.
 */
export function topKustomizations<T extends { path: string }>(
  files: readonly T[],
): T[] {
  const all = files.filter(({ path }) =>
    isKustomization(path) && partOf(path) !== undefined
  );
  return all.filter(({ path }) =>
    !all.some((other) =>
      other.path !== path &&
      posix.dirname(other.path) !== posix.dirname(path) &&
      isWithin(posix.dirname(path), posix.dirname(other.path))
    )
  );
}

/**
 * Whether a file is none of the manifests, but what Kustomize reads. The
 * Workspace itself never is.
 */
export function isInput(path: string, tops: readonly string[]): boolean {
  const part = partOf(path);
  if (part?.scope === "workspace" && path === workspaceFile(part.workspace)) {
    return false;
  }
  return tops.some((top) => isWithin(path, top));
}
