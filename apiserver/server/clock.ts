/** Time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds that only grow. */
  now(): number;
  /** Runs `work` once after `ms`; what is answered calls it off. */
  after(ms: number, work: () => void): () => void;
}

/** The time that passes. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
