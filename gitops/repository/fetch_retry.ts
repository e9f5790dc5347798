import { Backoff } from "../../kube/mod.ts";

/** Options of {@linkcode FetchRetry}. */
export interface FetchRetryOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  /** A number from 0 up to 1. @default {Math.random} */
  random?: () => number;
}

/** Longest time from one failure to the next attempt, in milliseconds. */
const MAX = 15 * 60_000;
/** While it waits, it looks so often whether a Secret was mended. */
const LOOK = 10_000;

/**
 * When to fetch again after a failure: in seconds at first, later less and
 * less often, past the interval of the Repository; at once where somebody
 * asks for it, or mends a Secret that it uses.
 */
export class FetchRetry {
  readonly #now: () => number;
  readonly #backoff: Backoff;
  #at = 0;
  #secrets = "";

  constructor(options: FetchRetryOptions) {
    this.#now = options.now;
    this.#backoff = new Backoff({
      base: 1000,
      max: MAX,
      jitter: 0.5,
      random: options.random,
    });
  }

  /** Failures one after the other. */
  get failures(): number {
    return this.#backoff.attempt;
  }

  /** Somebody asked for a fetch, or there is news. */
  hurry(): void {
    this.#at = 0;
  }

  /** It worked. */
  succeeded(): void {
    this.#backoff.reset();
    this.#at = 0;
  }

  /**
   * It failed.
   *
   * @param secrets The versions of the Secrets that were used.
   * @returns Milliseconds until it has to be looked at again.
   */
  failed(secrets: string): number {
    this.#secrets = secrets;
    const wait = this.#backoff.next();
    this.#at = this.#now() + wait;
    return Math.min(wait, LOOK);
  }

  /**
   * Milliseconds that are left to wait until it has to be looked at again;
   * none where it is time to fetch.
   *
   * @param secrets The versions that the Secrets have by now.
   */
  async wait(secrets: () => Promise<string>): Promise<number | undefined> {
    const left = this.#at - this.#now();
    if (left <= 0 || await secrets() !== this.#secrets) return undefined;
    return Math.min(left, LOOK);
  }
}
