import { type ApplySet, applySet } from "../plan/apply_set.ts";

/** Options of {@linkcode otherSets}. */
export interface OtherSetsOptions {
  scope: "root" | "workspace";
  /** Names of the other Repositories. */
  others: string[];
}

/** Who else may keep what is in a set: of the sets of other Repositories, id and owner. */
export async function otherSets(
  { namespace }: ApplySet,
  { scope, others }: OtherSetsOptions,
): Promise<Map<string, string>> {
  const kinds = scope === "root"
    ? ["root", "workspaces"] as const
    : ["workspace"] as const;
  const sets = await Promise.all(
    others.flatMap((repository) =>
      kinds.map((of) => applySet({ repository, namespace, of }))
    ),
  );
  return new Map(sets.map((set) => [set.id, `Repository ${set.repository}`]));
}
