/**
 * A queue of keys: each is worked on by one at a time, however often it is
 * added meanwhile, and comes again with back-off while it fails.
 *
 * @module
 */

/** What became of a key: done until the next change, or to look at again `after` milliseconds. */
export type Result = void | { after: number };

/** Options of {@linkcode KeyedQueue}. */
export interface QueueOptions {
  signal: AbortSignal;
  /** Keys worked on at a time. Default 8. */
  concurrency?: number;
  /** Milliseconds to wait after so many failures in a row. Default 5 ms, doubled up to a minute. */
  backoff?: (failures: number) => number;
  /** Told of each failure. */
  onError?: (key: string, error: unknown) => void;
  /** Calls `callback` later; returns the way to cancel. Default setTimeout. */
  schedule?: (callback: () => void, milliseconds: number) => () => void;
}

const defaultBackoff = (failures: number) =>
  Math.min(5 * 2 ** (failures - 1), 60_000);

const defaultSchedule = (callback: () => void, milliseconds: number) => {
  const id = setTimeout(callback, milliseconds);
  return () => clearTimeout(id);
};

/** Calls `work` for each key added. */
export class KeyedQueue {
  readonly #work: (key: string) => Promise<Result>;
  readonly #options: Required<Omit<QueueOptions, "onError">> & QueueOptions;
  /** In the order of their arrival. */
  readonly #waiting = new Set<string>();
  readonly #active = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();

  constructor(work: (key: string) => Promise<Result>, options: QueueOptions) {
    this.#work = work;
    this.#options = {
      concurrency: 8,
      backoff: defaultBackoff,
      schedule: defaultSchedule,
      ...options,
    };
    options.signal.addEventListener("abort", () => {
      for (const cancel of this.#timers.values()) cancel();
      this.#timers.clear();
      this.#waiting.clear();
    }, { once: true });
  }

  /** Has `key` worked on, once more where it is just being worked on. */
  add(key: string): void {
    if (this.#options.signal.aborted) return;
    this.#waiting.add(key);
    this.#next();
  }

  /** The same after a while. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#options.signal.aborted) return;
    this.#timers.get(key)?.();
    this.#timers.set(
      key,
      this.#options.schedule(() => {
        this.#timers.delete(key);
        this.add(key);
      }, milliseconds),
    );
  }

  /** Resolves when what was being worked on is done. */
  async settled(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active.values());
  }

  #next(): void {
    for (const key of this.#waiting) {
      if (this.#active.size >= this.#options.concurrency) return;
      if (this.#active.has(key)) continue;
      this.#waiting.delete(key);
      this.#active.set(key, this.#run(key));
    }
  }

  async #run(key: string): Promise<void> {
    // A change that is reported while the queue is being filled must not run inside its commit.
    await Promise.resolve();
    try {
      const result = await this.#work(key);
      this.#failures.delete(key);
      if (result) this.addAfter(key, result.after);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      this.#options.onError?.(key, error);
      this.addAfter(key, this.#options.backoff(failures));
    } finally {
      this.#active.delete(key);
      this.#next();
    }
  }
}
