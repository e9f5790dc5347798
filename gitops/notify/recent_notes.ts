import type { Clock, EventNote } from "../../kube/mod.ts";

/** The same is told again after that long, in milliseconds: as a reminder. */
const MEMORY = 24 * 60 * 60_000;
/** Notes of one Repository that are remembered. */
const REMEMBERED = 500;
/** Notes of one Repository at once … */
const BURST = 25;
/** … and after that one in so many milliseconds, as Events. */
const REFILL = 30_000;

interface Repository {
  /** When each was told, by its words. */
  told: Map<string, number>;
  tokens: number;
  at: number;
}

/** Keeps back what was told already: a fault that stays is told once, and again only after all was well, or a day later. */
export class RecentNotes {
  readonly #clock: Pick<Clock, "now">;
  readonly #repositories = new Map<string, Repository>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /**
   * Says whether a note is to be told, which is then taken for told.
   *
   * @returns `dropped` where a Repository has too much to tell
   */
  add(repository: string, note: EventNote): "new" | "duplicate" | "dropped" {
    const now = this.#clock.now();
    const known = this.#repositories.get(repository) ??
      { told: new Map<string, number>(), tokens: BURST, at: now };
    this.#repositories.delete(repository);
    this.#repositories.set(repository, known);
    trim(this.#repositories);
    const { told } = known;
    const key = `${note.reason} ${note.message}`;
    const before = told.get(key);
    // Whatever fails after this is news.
    if (note.reason === "Succeeded") told.clear();
    told.delete(key);
    told.set(key, before ?? now);
    trim(told);
    if (before !== undefined && now - before < MEMORY) return "duplicate";
    known.tokens = Math.min(BURST, known.tokens + (now - known.at) / REFILL);
    known.at = now;
    if (known.tokens < 1) {
      told.delete(key);
      return "dropped";
    }
    known.tokens--;
    told.set(key, now);
    return "new";
  }
}

function trim(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= REMEMBERED) return;
    map.delete(key);
  }
}
