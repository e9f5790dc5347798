import { type Random, seededRandom } from "../../random.ts";

/** More ways to choose, for one request. */
export class Choices {
  #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** An integer of at least 0 and below `limit`. */
  below(limit: number): number {
    return this.#random.int(limit);
  }

  /** True with a probability. */
  maybe(probability: number): boolean {
    return this.#random.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return this.#random.pick(list);
  }

  /** One of the values, as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    const sum = choices.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#random.next() * sum;
    for (const [weight, value] of choices) {
      if ((left -= weight) < 0) return value;
    }
    return choices.at(-1)![1];
  }

  /** `count` results of `make`. */
  times<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }
}
