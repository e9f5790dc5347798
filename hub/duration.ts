const UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a duration as Go writes it: `90s`, `1h30m`. */
export function parseDuration(text: string): number {
  if (!/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/.test(text)) {
    throw new Error(
      `Cannot read ${
        JSON.stringify(text)
      }: not a duration such as 30s or 1h30m`,
    );
  }
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    sum += Number(number) * UNITS[unit!]!;
  }
  return sum;
}
