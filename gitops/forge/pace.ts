import type { CommitStatus } from "./forge.ts";
import type { WantedStatus } from "./commit_status.ts";

/** The least time between two counts of a commit at first, doubled with each, in milliseconds … */
const FIRST = 3000;
/** … up to this: a commit takes 1,000 statuses on GitHub. */
const LONGEST = 10 * 60_000;
/** Least time between two statuses where the second is the last that is expected. */
const SHORTEST = 1000;
/** How long devices of an applied commit are counted, in milliseconds. */
const COUNTED = 24 * 60 * 60_000;

/**
 * Milliseconds to wait before a status is told: a new commit or state goes out
 * at once, counts of devices less and less often.
 *
 * @param last What was told last, and when (milliseconds since 1970).
 * @param of.updates How often this commit's state was told with other words.
 * @returns Infinity where it is no longer to be told
 */
export function pace(
  last: (CommitStatus & { at: number }) | undefined,
  wanted: WantedStatus,
  of: { updates: number; appliedAt: number; now: number },
): number {
  if (last?.commit !== wanted.commit || last.state !== wanted.state) return 0;
  const { updates, appliedAt, now } = of;
  if (wanted.state === "success" && now - appliedAt > COUNTED) return Infinity;
  const interval = wanted.settled
    ? SHORTEST
    : Math.min(FIRST * 2 ** updates, LONGEST);
  return Math.max(0, last.at + interval - now);
}
