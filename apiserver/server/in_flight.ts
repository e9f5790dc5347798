import { StatusError } from "../errors.ts";

/** How many requests may be under way at once, as kube-apiserver's flags say it; watches don't count. */
export interface InFlightLimits {
  /** @default {400} */
  mutating?: number;
  /** @default {800} */
  readOnly?: number;
}

/** Counts requests under way, and refuses those past the limit. */
export class InFlight {
  readonly counts = { mutating: 0, readOnly: 0 };
  #limits: Required<InFlightLimits>;

  constructor(limits: InFlightLimits = {}) {
    this.#limits = { mutating: 400, readOnly: 800, ...limits };
  }

  /**
   * Runs `work` as one request of a kind.
   *
   * @throws 429 with Retry-After where too many are under way.
   */
  async run<T>(
    kind: keyof InFlight["counts"],
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.counts[kind] >= this.#limits[kind]) {
      throw new StatusError(
        429,
        "TooManyRequests",
        "The server is currently handling as many requests as it can; try again in a second",
        { retryAfterSeconds: 1 },
        { "Retry-After": "1" },
      );
    }
    this.counts[kind]++;
    try {
      return await work();
    } finally {
      this.counts[kind]--;
    }
  }
}
