import { type Environment, Optional } from "@marcbachmann/cel-js";
import { celEqual } from "./cel_equal.ts";
import { spend } from "./cel_meter.ts";

// deno-lint-ignore no-explicit-any
type Value = any;

/** What `lists` is in an expression: its functions are found by this type. */
class Lists {}

function extreme(list: Value[], sign: 1 | -1, name: string): Value {
  if (!list.length) throw new Error(`${name} called on empty list`);
  return list.reduce((a, b) => (sign > 0 ? b > a : b < a) ? b : a);
}

function optionalOf(list: Value[], index: number): Optional {
  return list.length > 0 ? Optional.of(list[index]) : Optional.none();
}

/** Each value once, where it is first. */
function distinct(list: Value[]): Value[] {
  // Lists and maps are compared with each other, all else is found by its text: 1 and 1.0 are one.
  const seen = new Set<string>();
  const wholes: Value[] = [];
  return list.filter((value) => {
    if (value !== null && typeof value === "object") {
      if (wholes.some((whole) => celEqual(whole, value))) return false;
      wholes.push(value);
      return true;
    }
    const key = typeof value === "string" ? `"${value}` : String(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Adds what lists can be asked, and `lists.range`. */
export function addLists(env: Environment): void {
  const add = (signature: string, handler: (...args: Value[]) => Value) => {
    env.registerFunction(signature, handler);
  };
  add(
    "list.isSorted(): bool",
    (l: Value[]) => l.every((v, i) => i === 0 || l[i - 1] <= v),
  );
  add(
    "list.sum(): dyn",
    (l: Value[]) => l.length ? l.reduce((a, b) => a + b) : 0n,
  );
  add("list.min(): dyn", (l) => extreme(l, -1, "min"));
  add("list.max(): dyn", (l) => extreme(l, 1, "max"));
  add(
    "list.indexOf(dyn): int",
    (l: Value[], v) => BigInt(l.findIndex((item) => celEqual(item, v))),
  );
  add(
    "list.lastIndexOf(dyn): int",
    (l: Value[], v) => BigInt(l.findLastIndex((item) => celEqual(item, v))),
  );
  add(
    "list.reverse(): list<dyn>",
    (l: Value[]) => [...l].reverse(),
  );
  add(
    "list.slice(int, int): list<dyn>",
    (l: Value[], from, to) => l.slice(Number(from), Number(to)),
  );
  add("list.flatten(): list<dyn>", (l: Value[]) => l.flat());
  add("list.distinct(): list<dyn>", distinct);
  add("list.first(): optional<dyn>", (l: Value[]) => optionalOf(l, 0));
  add(
    "list.last(): optional<dyn>",
    (l: Value[]) => optionalOf(l, l.length - 1),
  );
  env.registerType("kubernetes.Lists", Lists);
  env.registerConstant("lists", "kubernetes.Lists", new Lists());
  add("kubernetes.Lists.range(int): list<int>", (_, count: bigint) => {
    // Before they are made.
    spend(Math.max(0, Number(count)));
    return Array.from({ length: Number(count) }, (_, i) => BigInt(i));
  });
  add(
    "list.sort(): list<dyn>",
    (l: Value[]) => [...l].sort((a, b) => a < b ? -1 : a > b ? 1 : 0),
  );
}
