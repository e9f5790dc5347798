import type { SourceTree } from "../source/read_tree.ts";
import { allProblems, loadTree } from "./load_tree.ts";
import { compareProblems, type Problem } from "./problem.ts";
import {
  type Discover,
  discoverOffline,
  resolveKinds,
} from "./resolve_kinds.ts";

/**
 * All problems of a tree that can be found without a server: of kinds that are
 * not Faros's, it only knows the common ones.
 */
export async function validateTree(tree: SourceTree): Promise<Problem[]> {
  const manifests = loadTree(tree);
  const problems = allProblems(manifests);
  const sets = [
    { set: manifests.root, scope: "root" as const, namespace: undefined },
    ...[...manifests.workspaces.values()].map((set) => ({
      set,
      scope: "workspace" as const,
      namespace: set.name,
    })),
  ];
  for (const { set, scope, namespace } of sets) {
    const resolved = await resolveKinds(set, {
      scope,
      namespace,
      discover: lenient,
    });
    problems.push(...resolved.problems);
  }
  return problems.sort(compareProblems);
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
