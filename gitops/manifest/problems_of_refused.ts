import { discoverLeniently } from "./discover_leniently.ts";
import type { ManifestSet } from "./load_tree.ts";
import { compareProblems, type Problem } from "./problem.ts";
import { resolveKinds } from "./resolve_kinds.ts";

/**
 * All problems of a workspace's folder that is refused already: with those of
 * kinds, which are not asked for any more, so that they are told at once.
 */
export async function problemsOfRefused(
  set: ManifestSet & { name: string },
): Promise<Problem[]> {
  if (set.problems.length === 0) return [];
  const { problems } = await resolveKinds(set, {
    scope: "workspace",
    namespace: set.name,
    discover: discoverLeniently,
  });
  return [...set.problems, ...problems].sort(compareProblems);
}
