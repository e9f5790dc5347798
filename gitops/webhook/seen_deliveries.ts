import type { Clock } from "../../kube/mod.ts";

/** How long a delivery is remembered, in milliseconds. */
const MEMORY = 24 * 60 * 60_000;
/** How many are; a hundred bytes each. */
const MAX = 20_000;

/** Remembers deliveries, so that none is taken twice. */
export class SeenDeliveries {
  readonly #clock: Pick<Clock, "now">;
  readonly #seen = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Whether any of these names is known. */
  has(names: string[]): boolean {
    const since = this.#clock.now() - MEMORY;
    return names.some((name) => (this.#seen.get(name) ?? -Infinity) > since);
  }

  add(names: string[]): void {
    for (const name of names) {
      this.#seen.delete(name);
      this.#seen.set(name, this.#clock.now());
    }
    for (const name of this.#seen.keys()) {
      if (this.#seen.size <= MAX) break;
      this.#seen.delete(name);
    }
  }
}
