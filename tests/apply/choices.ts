import { seededRandom } from "../random.ts";

/** Choices that repeat for a seed. */
export interface Choices {
  maybe(chance: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Each with a chance. @default {0.5} */
  some<T>(from: readonly T[], chance?: number): T[];
}

/** The choices of a seed. */
export function choices(seed: number): Choices {
  const { next, pick } = seededRandom(seed);
  const maybe = (chance: number) => next() < chance;
  return {
    maybe,
    pick,
    some: (from, chance = .5) => from.filter(() => maybe(chance)),
  };
}
