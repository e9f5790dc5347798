/**
 * The guard on mass deletion.
 *
 * @module
 */

/** What may be deleted without anybody's approval: the greater of the two. */
export interface PruneGuard {
  /** Share of the set's objects, in percent; 100 lets any number go, though never all. */
  percent: number;
  /** Number of objects, counted as if each were an Agent. */
  agents: number;
}

/** What a Repository that says nothing of it has. */
export const DEFAULT_PRUNE_GUARD: PruneGuard = { percent: 10, agents: 20 };

/** What a sync would take out of one apply set: a workspace's folder, or `root/`. */
export interface PruneCounts {
  /** Members that are live now. */
  members: number;
  /** Those of them that would be deleted. */
  removed: number;
  /** Agents among `removed`. */
  removedAgents: number;
  /** Agents among `members`: the share holds for them as well. @default not looked at */
  agents?: number;
  /** Whether what holds them all goes: the Workspace itself. */
  whole?: boolean;
}

/** Why a deletion has to wait for approval. */
export interface PruneHeld {
  /** CamelCase, for a condition. */
  reason: "PruneGuardEverything" | "PruneGuardShare";
  /** For people: how many objects, of how many, and how many could go. */
  message: string;
}

/**
 * Whether a guard lets a deletion pass. Pure: what would be deleted, in
 * numbers, against what may be.
 *
 * All there is never goes by itself, few objects or many: an empty commit, a
 * moved path and a folder that was renamed look just like it.
 *
 * @returns Why it has to wait; undefined where it need not.
 */
export function pruneGuard(
  counts: PruneCounts,
  guard: PruneGuard = DEFAULT_PRUNE_GUARD,
): PruneHeld | undefined {
  const { members, removed, removedAgents, whole = false } = counts;
  if (removed === 0 && !whole) return undefined;
  const what = `${removed} of ${members} object${members === 1 ? "" : "s"}${
    removedAgents
      ? ` (${removedAgents} Agent${removedAgents === 1 ? "" : "s"})`
      : ""
  }`;
  if (whole || removed >= members) {
    return {
      reason: "PruneGuardEverything",
      message: `${what} would be deleted: all there is`,
    };
  }
  const limit = (of: number) =>
    Math.max(Math.floor(of * guard.percent / 100), guard.agents);
  const allowed = (most: number) =>
    `would be deleted; ${most} may go without approval (the greater of ${guard.percent} % and ${guard.agents})`;
  if (removed > limit(members)) {
    return {
      reason: "PruneGuardShare",
      message: `${what} ${allowed(limit(members))}`,
    };
  }
  const { agents } = counts;
  // Few Agents among many other objects are guarded as if they were alone.
  if (agents === undefined || removedAgents <= limit(agents)) return undefined;
  return {
    reason: "PruneGuardShare",
    message: `${removedAgents} of ${agents} Agents ${allowed(limit(agents))}`,
  };
}
