/**
 * Writes of this process that are under way, so that what a watch shows of
 * them is told from what others do: the watch may be quicker than the answer.
 */
export class OwnWrites {
  readonly #seen = new Map<
    string,
    { resourceVersion?: string; again: () => void } | undefined
  >();

  /** An object is about to be written. */
  begin(key: string): void {
    this.#seen.set(key, undefined);
  }

  /**
   * A watch shows an object, or its end (no resourceVersion).
   *
   * @param again Called later, where it was not what this process wrote.
   * @returns Whether it is being written: nobody can tell yet whose that is.
   */
  saw(
    key: string,
    of: { resourceVersion?: string; again: () => void },
  ): boolean {
    if (!this.#seen.has(key)) return false;
    this.#seen.set(key, of);
    return true;
  }

  /** The write has ended, with that resourceVersion; none where it failed. */
  end(key: string, resourceVersion?: string): void {
    const seen = this.#seen.get(key);
    this.#seen.delete(key);
    if (seen && seen.resourceVersion !== resourceVersion) seen.again();
  }
}
