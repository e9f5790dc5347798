/** Time as the code under it sees it, so that tests can turn the hands. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds.
   *
   * Rejects with the signal's reason when that aborts first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Longest delay that a timer of the runtime can hold. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, Math.min(Math.max(ms, 0), MAX_TIMEOUT));
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

interface Sleeper {
  until: number;
  resolve: () => void;
}

/** A clock that stands still until it is moved. For tests. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers = new Set<Sleeper>();
  #changed = Promise.withResolvers<void>();

  /** @param start Milliseconds since 1970-01-01 UTC. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal!.reason);
      };
      const sleeper: Sleeper = {
        until: this.#now + ms,
        resolve: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#sleepers.add(sleeper);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers<void>();
    });
  }

  /** Resolves once at least `count` sleeps are under way. */
  async untilSleeping(count = 1): Promise<void> {
    while (this.#sleepers.size < count) await this.#changed.promise;
  }

  /**
   * Moves the clock on by `ms`, waking sleepers in the order of their time.
   *
   * What a sleeper does at once when woken (and a sleep it starts in turn)
   * happens before a later one wakes.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    while (true) {
      let next: Sleeper | undefined;
      for (const sleeper of this.#sleepers) {
        if (
          sleeper.until <= target && sleeper.until < (next?.until ?? Infinity)
        ) {
          next = sleeper;
        }
      }
      if (!next) break;
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.until);
      next.resolve();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    this.#now = target;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
