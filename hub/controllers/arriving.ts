import type { Agent } from "../../api/agent.ts";
import { getCondition } from "../../kube/conditions.ts";

/** How long the rest of what is applied together may take to come, in milliseconds: of some thousand objects. */
const GRACE = 10_000;

/**
 * Says how long an Agent's problem may be that something else has not come yet.
 *
 * Whoever applies a folder sends its Agents before their plugin objects, in
 * alphabetical order. What is Stalled ends the whole of it at once in Flux and
 * Argo CD, which try again much later; so nothing is, until the others had the
 * time to come.
 */
export class Arriving {
  /** When the problem of an Agent's present generation was first seen, by uid. */
  readonly #since = new Map<string, { generation: number; since: number }>();

  /** Takes note of a problem: how long to wait yet, in milliseconds; 0 where it is to be told as one that stays. */
  left({ metadata, status }: Agent, now: number): number {
    const { uid = "", generation = 0 } = metadata;
    const told = getCondition(status?.conditions, "Stalled");
    // Also where the hub has begun anew since.
    if (told?.observedGeneration === generation) return 0;
    let seen = this.#since.get(uid);
    if (seen?.generation !== generation) {
      seen = { generation, since: now };
      this.#since.set(uid, seen);
    }
    return Math.max(0, seen.since + GRACE - now);
  }

  /** All is there, or the Agent is gone. */
  done(uid: string): void {
    this.#since.delete(uid);
  }
}
