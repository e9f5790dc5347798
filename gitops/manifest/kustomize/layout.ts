/**
 * Which files of a repository are Kustomize's.
 *
 * @module
 */
import { posix } from "node:path";
import { partOf, workspaceFile } from "../layout.ts";
import { isKustomization } from "./kustomization.ts";

/** Whether a path is one of several folders or files, or is in one. */
export function isWithin(path: string, tops: ReadonlySet<string>): boolean {
  if (tops.has(".")) return true;
  for (let at = path; at !== "."; at = posix.dirname(at)) {
    if (tops.has(at)) return true;
  }
  return false;
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
  const folders = new Set(all.map(({ path }) => posix.dirname(path)));
  return all.filter(({ path }) =>
    !isWithin(posix.dirname(posix.dirname(path)), folders)
  );
}

/**
 * Whether a file is none of the manifests, but what Kustomize reads. The
 * Workspace itself never is.
 */
export function isInput(path: string, tops: ReadonlySet<string>): boolean {
  if (tops.size === 0) return false;
  const part = partOf(path);
  if (part?.scope === "workspace" && path === workspaceFile(part.workspace)) {
    return false;
  }
  return isWithin(path, tops);
}
