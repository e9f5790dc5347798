/** What a word for a unit begins with, and what stands for it in Go's durations; days and weeks are hours there. */
const UNITS: [begins: RegExp, times: bigint, unit: string][] = [
  [/^(?:ns$|nano)/, 1n, "ns"],
  [/^(?:[uµ]s$|micro)/, 1n, "us"],
  [/^(?:ms$|milli)/, 1n, "ms"],
  [/^(?:s$|sec)/, 1n, "s"],
  [/^(?:m$|min)/, 1n, "m"],
  [/^(?:hr?$|hour)/, 1n, "h"],
  [/^(?:d$|day)/, 24n, "h"],
  [/^(?:wk?$|week)/, 168n, "h"],
];

const GO = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/**
 * A text of the format `duration` as Go's `time.ParseDuration` would read it: the format also takes `0` and words, such
 * as `5 minutes` or `2d` (https://pkg.go.dev/github.com/go-openapi/strfmt#ParseDuration).
 */
export function withoutWords(text: string): string {
  if (text === "0") return "0s";
  // Go's own, of whole or broken numbers, one after the other, are left as they are.
  if (GO.test(text)) return text.replaceAll("μs", "µs");
  const words = text.matchAll(/(?<!\d)(\d{1,19})\s*([A-Za-zµ]+)/g);
  const parts = [...words].flatMap((found) => {
    const word = found[2]!.toLowerCase();
    const unit = UNITS.find(([begins]) => begins.test(word));
    return unit ? [`${BigInt(found[1]!) * unit[1]}${unit[2]}`] : [];
  });
  return parts.length > 0 ? parts.join("") : text;
}
