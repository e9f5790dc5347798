/** So many requests keep an API server busy, and leave room on a connection that all else shares; more only wait there. */
const LIMIT = 32;

/** Lets only so many pieces of work run at a time; the rest waits in its order. */
export class Limiter {
  readonly limit: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param limit Pieces of work at a time: by default as many writes as an API server has use for. */
  constructor(limit: number = LIMIT) {
    this.limit = limit;
  }

  /** Runs `work` as soon as it may. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.limit) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      // The place is handed on, so that nobody slips in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
