const suffixes: Record<string, { base: bigint; power: number }> = {
  n: { base: 10n, power: -9 },
  u: { base: 10n, power: -6 },
  m: { base: 10n, power: -3 },
  "": { base: 10n, power: 0 },
  k: { base: 10n, power: 3 },
  M: { base: 10n, power: 6 },
  G: { base: 10n, power: 9 },
  T: { base: 10n, power: 12 },
  P: { base: 10n, power: 15 },
  E: { base: 10n, power: 18 },
  Ki: { base: 2n, power: 10 },
  Mi: { base: 2n, power: 20 },
  Gi: { base: 2n, power: 30 },
  Ti: { base: 2n, power: 40 },
  Pi: { base: 2n, power: 50 },
  Ei: { base: 2n, power: 60 },
};

/** A Kubernetes resource quantity, such as `500m` or `1.5Gi`, kept exactly in billionths (what is finer rounds up). */
export class Quantity {
  private constructor(readonly nanos: bigint) {}

  /** @throws {Error} where `text` is no quantity. */
  static parse(text: string): Quantity {
    const m =
      /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/
        .exec(text);
    if (!m) {
      throw new Error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      );
    }
    const [whole = "", fraction = ""] = m[2]!.split(".");
    const scale = m[3]
      ? { base: 10n, power: Number(m[3].slice(1)) }
      : suffixes[m[4] ?? ""]!;
    if (Math.abs(scale.power) > 100) throw new Error("quantity out of range");
    let numerator = BigInt(whole + fraction || "0") * 10n ** 9n;
    let denominator = 10n ** BigInt(fraction.length);
    const factor = scale.base ** BigInt(Math.abs(scale.power));
    if (scale.power >= 0) numerator *= factor;
    else denominator *= factor;
    const up = (numerator + denominator - 1n) / denominator;
    return new Quantity(m[1] === "-" ? -up : up);
  }

  /** -1, 0 or 1. */
  compareTo(other: Quantity): number {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }

  /** -1, 0 or 1. */
  sign(): number {
    return this.nanos < 0n ? -1 : this.nanos > 0n ? 1 : 0;
  }

  isInteger(): boolean {
    return this.nanos % 10n ** 9n === 0n;
  }

  /** @throws {Error} where the quantity is no whole number. */
  asInteger(): bigint {
    if (!this.isInteger()) {
      throw new Error("cannot convert value to integer");
    }
    return this.nanos / 10n ** 9n;
  }

  /** The nearest double. */
  asNumber(): number {
    return Number(this.nanos) / 1e9;
  }
}
