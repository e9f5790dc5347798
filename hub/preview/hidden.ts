/** What stands in the place of a secret. */
export const HIDDEN = "(secret)";

/**
 * A secret value: can be told from another, and shows itself to nobody,
 * however it is written.
 */
export class Hidden {
  readonly #value: string;

  /** @param value Any JSON. */
  constructor(value: unknown) {
    this.#value = JSON.stringify(value) ?? "";
  }

  /** Whether it hides the same. */
  equals(other: Hidden): boolean {
    return this.#value === other.#value;
  }

  toJSON(): string {
    return HIDDEN;
  }

  toString(): string {
    return HIDDEN;
  }
}
