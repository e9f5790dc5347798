/** What a word for a unit begins with, and what stands for it in Go's durations; days and weeks are hours there. */
const UNITS: [begins: RegExp, times: bigint, unit: string][] = [
  [/^n/, 1n, "ns"],
  [/^(?:us|µs|micro)/, 1n, "us"],
  [/^(?:ms|milli)/, 1n, "ms"],
  [/^s/, 1n, "s"],
  [/^m/, 1n, "m"],
  [/^h/, 1n, "h"],
  [/^d/, 24n, "h"],
  [/^w/, 168n, "h"],
];

/**
 * A text of the format `duration` as Go's `time.ParseDuration` would read it: the format also takes `0` and words, such
 * as `5 minutes` or `2d` (https://pkg.go.dev/github.com/go-openapi/strfmt#ParseDuration).
 */
export function withoutWords(text: string): string {
  if (text === "0") return "0s";
  const words = /^\s*(\d+)\s*([a-zµ]+)\s*$/.exec(text);
  const unit = words && UNITS.find(([begins]) => begins.test(words[2]!));
  return unit
    ? `${BigInt(words[1]!) * unit[1]}${unit[2]}`
    // Go knows both letters of that look.
    : text.replaceAll("μs", "µs");
}
