import type { Environment } from "@marcbachmann/cel-js";

const NUMBER = "(0|[1-9]\\d*)";
const PART = "(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)";
const PATTERN = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PART}(?:\\.${PART})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** A version as https://semver.org has it. */
class Semver {
  constructor(
    readonly numbers: readonly bigint[],
    readonly pre: readonly string[],
  ) {}
}

function find(text: string, normalize = false): Semver | undefined {
  const found = PATTERN.exec(normalize ? normalized(text) : text);
  if (!found) return undefined;
  const [, major, minor, patch, pre] = found;
  return new Semver(
    [major, minor, patch].map((n) => BigInt(n!)),
    pre?.split(".") ?? [],
  );
}

/** Without a leading `v` and leading zeros, with all three numbers. */
function normalized(text: string): string {
  const [, core = "", rest = ""] = /^v?([^-+]*)(.*)$/s.exec(text)!;
  const numbers = core.split(".").map((n) => n.replace(/^0+(?=\d)/, ""));
  // What is incomplete has nothing behind it.
  if (numbers.length < 3 && rest) return text;
  while (numbers.length < 3) numbers.push("0");
  return numbers.join(".") + rest;
}

function parse(text: string, normalize = false): Semver {
  const found = find(text, normalize);
  if (!found) throw new Error(`invalid semantic version ${text}`);
  return found;
}

function compare(a: Semver, b: Semver): number {
  for (let i = 0; i < 3; i++) {
    if (a.numbers[i]! !== b.numbers[i]!) {
      return a.numbers[i]! < b.numbers[i]! ? -1 : 1;
    }
  }
  // A release comes after its pre-releases.
  if (!a.pre.length || !b.pre.length) {
    return Math.sign(b.pre.length - a.pre.length);
  }
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const order = comparePart(a.pre[i]!, b.pre[i]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
}

function comparePart(a: string, b: string): number {
  const [x, y] = [a, b].map((part) => /^\d+$/.test(part));
  if (x !== y) return x ? -1 : 1;
  const [p, q] = x ? [BigInt(a), BigInt(b)] : [a, b];
  return p < q ? -1 : p > q ? 1 : 0;
}

/** Adds `semver`, `isSemver` and what versions can be asked (kubernetes `apiserver/pkg/cel/library/semverlib.go`). */
export function addSemver(env: Environment): void {
  env.registerType("kubernetes.Semver", Semver);
  const own = "kubernetes.Semver";
  const ask = (name: string, answer: (version: Semver) => bigint) =>
    env.registerFunction(`${own}.${name}(): int`, answer);
  const order = <T>(name: string, type: string, of: (order: number) => T) =>
    env.registerFunction(
      `${own}.${name}(${own}): ${type}`,
      (a: Semver, b: Semver) => of(compare(a, b)),
    );
  env.registerFunction(`semver(string): ${own}`, (t) => parse(t));
  env.registerFunction(`semver(string, bool): ${own}`, parse);
  env.registerFunction("isSemver(string): bool", (t) => !!find(t));
  env.registerFunction(
    "isSemver(string, bool): bool",
    (t, normalize) => !!find(t, normalize),
  );
  ask("major", ({ numbers }) => numbers[0]!);
  ask("minor", ({ numbers }) => numbers[1]!);
  ask("patch", ({ numbers }) => numbers[2]!);
  order("compareTo", "int", BigInt);
  order("isLessThan", "bool", (n) => n < 0);
  order("isGreaterThan", "bool", (n) => n > 0);
}
