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

const NANO = 10n ** 9n;
const MAX_DIGITS = 1000;

function suffixOf(base: bigint, power: number): string {
  const found = Object.entries(suffixes).find(([, suffix]) =>
    suffix.power === power && (suffix.base === base || power === 0)
  );
  return found![0];
}

/** A Kubernetes resource quantity, such as `500m` or `1.5Gi`, kept exactly in billionths (what is finer rounds up). */
export class Quantity {
  private constructor(
    readonly nanos: bigint,
    /** How it was written, which it keeps. */
    readonly format: "binary" | "decimal" | "exponent",
  ) {}

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
    // Beyond both, and what takes seconds to compute with: no quantity of anything.
    if (Math.abs(scale.power) > 100 || m[2]!.length > MAX_DIGITS) {
      throw new Error("quantity out of range");
    }
    let numerator = BigInt(whole + fraction || "0") * 10n ** 9n;
    let denominator = 10n ** BigInt(fraction.length);
    const factor = scale.base ** BigInt(Math.abs(scale.power));
    if (scale.power >= 0) numerator *= factor;
    else denominator *= factor;
    const up = (numerator + denominator - 1n) / denominator;
    return new Quantity(
      m[1] === "-" ? -up : up,
      m[3] ? "exponent" : scale.base === 2n ? "binary" : "decimal",
    );
  }

  /** -1, 0 or 1. */
  compareTo(other: Quantity): number {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }

  /** -1, 0 or 1. */
  sign(): number {
    return this.nanos < 0n ? -1 : this.nanos > 0n ? 1 : 0;
  }

  /** In the canonical form that Kubernetes stores: `0.5` as `500m`, `1024Mi` as `1Gi`. */
  toString(): string {
    if (this.nanos === 0n) return "0";
    const sign = this.nanos < 0n ? "-" : "";
    const size = this.nanos < 0n ? -this.nanos : this.nanos;
    if (this.format === "binary" && size >= 1024n * NANO) {
      let whole = (size + NANO - 1n) / NANO;
      let power = 0;
      for (; power < 60 && whole % 1024n === 0n; power += 10) whole /= 1024n;
      return sign + whole + suffixOf(2n, power);
    }
    let digits = size;
    let power = -9;
    const highest = this.format === "exponent" ? Infinity : 18;
    for (; power < highest && digits % 1000n === 0n; power += 3) {
      digits /= 1000n;
    }
    return sign + digits +
      (this.format === "exponent"
        ? power === 0 ? "" : `e${power}`
        : suffixOf(10n, power));
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
