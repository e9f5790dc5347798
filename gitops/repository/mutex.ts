/** Lets one after the other. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /** Runs `work` when all that came before has ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.then(() => {}, () => {});
    return result;
  }
}
