import { Backoff, type BackoffOptions } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";

/** Options of {@linkcode WorkQueue}. */
export interface WorkQueueOptions {
  /**
   * Delays of a key that fails again and again.
   * @default 100 ms, doubling up to 60 s, half of it jitter
   */
  backoff?: BackoffOptions;
  /** @default {systemClock} */
  clock?: Clock;
}

/**
 * A queue of keys to work on, as client-go's `workqueue`.
 *
 * - A key that waits is there once, however often it is added.
 * - A key is never worked on twice at a time: when added meanwhile, it comes
 *   again after.
 * - `addAfter` and `addRateLimited` add it later, the latter with a delay that
 *   grows with every call until `forget`.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoffOptions: BackoffOptions;
  /** Keys that wait, in their order. */
  readonly #waiting = new Set<string>();
  readonly #processing = new Set<string>();
  /** Of those being processed, the ones to process again. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<
    string,
    { at: number; abort: AbortController }
  >();
  readonly #failures = new Map<string, Backoff>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #shutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#backoffOptions = {
      base: 100,
      max: 60_000,
      jitter: 0.5,
      ...options.backoff,
    };
  }

  /** Keys that wait for a worker; those delayed are not counted. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Keys being worked on. */
  get processing(): number {
    return this.#processing.size;
  }

  /** Keys added for later. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Adds a key now. */
  add(key: string): void {
    if (this.#shutDown) return;
    if (this.#processing.has(key)) {
      this.#again.add(key);
      return;
    }
    const taker = this.#takers.shift();
    if (taker) {
      this.#processing.add(key);
      taker(key);
    } else {
      this.#waiting.add(key);
    }
  }

  /** Adds a key after `ms` milliseconds, or sooner where one is due sooner. */
  addAfter(key: string, ms: number): void {
    if (this.#shutDown) return;
    if (!(ms > 0)) return this.add(key);
    const at = this.#clock.now() + ms;
    const before = this.#delayed.get(key);
    if (before) {
      if (before.at <= at) return;
      before.abort.abort();
    }
    const entry = { at, abort: new AbortController() };
    this.#delayed.set(key, entry);
    this.#clock.sleep(ms, entry.abort.signal).then(() => {
      if (this.#delayed.get(key) !== entry) return;
      this.#delayed.delete(key);
      this.add(key);
    }, () => {}); // superseded, or shut down
  }

  /**
   * Adds a key after a delay that grows each time until {@linkcode forget}.
   *
   * @param least The delay is never shorter, in milliseconds.
   */
  addRateLimited(key: string, least = 0): void {
    let backoff = this.#failures.get(key);
    if (!backoff) {
      backoff = new Backoff(this.#backoffOptions);
      this.#failures.set(key, backoff);
    }
    this.addAfter(key, Math.max(least, backoff.next()));
  }

  /** The key did well: its next failure is its first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures of a key since it did well. */
  failures(key: string): number {
    return this.#failures.get(key)?.attempt ?? 0;
  }

  /**
   * Takes the next key, waiting for one. {@linkcode done} has to follow.
   *
   * @returns nothing once the queue is shut down
   */
  get(): Promise<string | undefined> {
    if (this.#shutDown) return Promise.resolve(undefined);
    const [key] = this.#waiting;
    if (key === undefined) {
      return new Promise((resolve) => this.#takers.push(resolve));
    }
    this.#waiting.delete(key);
    this.#processing.add(key);
    return Promise.resolve(key);
  }

  /** Says that the work on a key that was taken is over. */
  done(key: string): void {
    this.#processing.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Drops what waits, lets takers go, and takes nothing more. */
  shutDown(): void {
    this.#shutDown = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { abort } of this.#delayed.values()) abort.abort();
    this.#delayed.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }
}
