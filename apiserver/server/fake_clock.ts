import type { Clock } from "./clock.ts";

/** A clock for tests, which goes on only when it is told to. */
export class FakeClock implements Clock {
  #now = 0;
  #timers = new Set<{ at: number; work: () => void }>();

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + ms, work };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets `ms` pass, running in order what falls due. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ at }) => at <= end)
        .sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.work();
    }
    this.#now = end;
  }
}
