/** Turns on one key: who asks later waits for those before. */
export class KeyLocks {
  /** Who waits, by key, in order; a key that is in here is taken. */
  #waiting = new Map<string, (() => void)[] | undefined>();

  /** Runs `work` when every earlier `run` with the same key has ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.has(key)) await this.#turn(key);
    else this.#waiting.set(key, undefined);
    try {
      return await work();
    } finally {
      // The key stays taken: it is handed on.
      const next = this.#waiting.get(key)?.shift();
      if (next) next();
      else this.#waiting.delete(key);
    }
  }

  #turn(key: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(key);
      if (queue) queue.push(resolve);
      else this.#waiting.set(key, [resolve]);
    });
  }
}
