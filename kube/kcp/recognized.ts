/** Places that turned out to be the hub's after their objects had been told of, in their order. */
export class Recognized {
  readonly #places: string[] = [];
  readonly #listeners = new Set<() => void>();

  /** How many so far. */
  get count(): number {
    return this.#places.length;
  }

  /** Those after the first `count`. */
  since(count: number): string[] {
    return this.#places.slice(count);
  }

  /** One more. */
  add(place: string): void {
    this.#places.push(place);
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls `listener` when there is one more. @returns A function that ends it. */
  on(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }
}
