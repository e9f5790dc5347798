const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Milliseconds of a duration as Go writes it: `1m30s`, `1.5h`, `0`.
 *
 * @throws {Error} in the words of Go's `time.ParseDuration`.
 */
export function goDuration(text: string): number {
  const fail = (why: string) => new Error(`time: ${why} duration "${text}"`);
  let rest = text.replace(/^[-+]/, "");
  const sign = text.startsWith("-") ? -1 : 1;
  if (rest === "0") return 0;
  if (rest === "") throw fail("invalid");
  let sum = 0;
  while (rest !== "") {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    if (!match) throw fail("invalid");
    const [whole, number, unit = ""] = match;
    if (unit === "") throw fail("missing unit in");
    if (!Object.hasOwn(UNITS, unit)) {
      throw fail(`unknown unit "${unit}" in`);
    }
    sum += Number(number) * UNITS[unit]!;
    rest = rest.slice(whole.length);
  }
  return sign * sum;
}
