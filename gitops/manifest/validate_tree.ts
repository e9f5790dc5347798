import type { SourceTree } from "../source/read_tree.ts";
import { allProblems, loadTree, type Manifests } from "./load_tree.ts";
import { compareProblems, type Problem } from "./problem.ts";
import {
  type Discover,
  discoverOffline,
  resolveKinds,
} from "./resolve_kinds.ts";

/** What can be said of a tree without a server. */
export interface Validation {
  /** Each keeps its workspace, or `root/`, from being applied. */
  problems: Problem[];
  /** What is applied all the same, and somebody should look at. */
  warnings: Problem[];
  objects: number;
  workspaces: number;
}

/**
 * All problems of a tree that can be found without a server: of kinds that are
 * not Faros's, it only knows the common ones.
 */
export async function validateTree(
  tree: SourceTree,
  manifests: Manifests = loadTree(tree),
): Promise<Validation> {
  const problems = allProblems(manifests);
  const sets = [
    { set: manifests.root, scope: "root" as const, namespace: undefined },
    ...[...manifests.workspaces.values()].map((set) => ({
      set,
      scope: "workspace" as const,
      namespace: set.name,
    })),
  ];
  let objects = 0;
  for (const { set, scope, namespace } of sets) {
    objects += set.manifests.length + (scope === "workspace" ? 1 : 0);
    const resolved = await resolveKinds(set, {
      scope,
      namespace,
      discover: lenient,
    });
    problems.push(...resolved.problems);
  }
  return {
    problems: problems.sort(compareProblems),
    warnings: sets.flatMap(({ set }) => set.warnings ?? [])
      .sort(compareProblems),
    objects,
    workspaces: manifests.workspaces.size,
  };
}

/** What belongs to others may be there on the server. */
const lenient: Discover = async (apiVersion, kind) => {
  const found = await discoverOffline(apiVersion, kind);
  if (found || /(^|\.)faros\.sh\//.test(apiVersion)) return found;
  const slash = apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    plural: `${kind.toLowerCase()}s`,
    kind,
    namespaced: true,
  };
};
