/** Turns on one key: who asks later waits for those before. */
export class KeyLocks {
  #tails = new Map<string, Promise<void>>();

  /** Runs `work` when every earlier `run` with the same key has ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const turn = Promise.withResolvers<void>();
    this.#tails.set(key, turn.promise);
    try {
      if (before) await before;
      return await work();
    } finally {
      if (this.#tails.get(key) === turn.promise) this.#tails.delete(key);
      turn.resolve();
    }
  }
}
