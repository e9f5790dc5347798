/** Options of {@linkcode Backoff}. */
export interface BackoffOptions {
  /** First delay, in milliseconds. @default {1000} */
  base?: number;
  /** Growth from one delay to the next. @default {2} */
  factor?: number;
  /** Longest delay, in milliseconds. @default {60000} */
  max?: number;
  /**
   * How much of a delay is left to chance: 1 is full jitter (anything from
   * zero to the delay), 0 none. @default {1}
   */
  jitter?: number;
  /** A number from 0 up to 1. @default {Math.random} */
  random?: () => number;
}

/**
 * Exponential back-off with full jitter.
 *
 * Full jitter spreads many clients that failed together evenly over time:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #attempt = 0;

  constructor(options: BackoffOptions = {}) {
    // Not by spreading: an option may be there and undefined.
    const { base = 1000, factor = 2, max = 60_000 } = options;
    const { jitter = 1, random = Math.random } = options;
    this.#options = { base, factor, max, jitter, random };
  }

  /** Failures since the last reset. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const { base, factor, max, jitter, random } = this.#options;
    const delay = Math.min(max, base * factor ** this.#attempt++);
    return delay * (1 - jitter) + delay * jitter * random();
  }

  /** To be called after a success. */
  reset(): void {
    this.#attempt = 0;
  }
}
