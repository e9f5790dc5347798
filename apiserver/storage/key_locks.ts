/** Turns on one key: who asks later waits for those before. */
export class KeyLocks {
  /** Who waits, by key, in order; a key that is in here is taken. */
  #waiting = new Map<string, (() => void)[] | undefined>();

  /** Takes a key, to be given back by {@linkcode release}: at once, then nothing is answered, or when its turn comes. */
  take(key: string): Promise<void> | undefined {
    if (this.#waiting.has(key)) return this.#turn(key);
    this.#waiting.set(key, undefined);
    return undefined;
  }

  /** Gives a key back; it goes to who waits for it longest. */
  release(key: string): void {
    // The key stays taken: it is handed on.
    const next = this.#waiting.get(key)?.shift();
    if (next) next();
    else this.#waiting.delete(key);
  }

  #turn(key: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(key);
      if (queue) queue.push(resolve);
      else this.#waiting.set(key, [resolve]);
    });
  }
}
