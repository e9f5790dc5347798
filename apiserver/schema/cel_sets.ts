import type { Environment } from "@marcbachmann/cel-js";
import { celEqual } from "./cel_equal.ts";

/** What `sets` is in an expression: its functions are found by this type. */
class Sets {}

/** Adds `sets.contains`, `sets.equivalent` and `sets.intersects`, which take lists for sets (cel-go's ext.Sets). */
export function addSets(env: Environment): void {
  env.registerType("kubernetes.Sets", Sets);
  env.registerConstant("sets", "kubernetes.Sets", new Sets());
  const add = (
    name: string,
    handler: (a: unknown[], b: unknown[]) => boolean,
  ) =>
    env.registerFunction(
      `kubernetes.Sets.${name}(list, list): bool`,
      (_: Sets, a: unknown[], b: unknown[]) => handler(a, b),
    );
  const has = (list: unknown[], value: unknown) =>
    list.some((item) => celEqual(item, value));
  const holds = (list: unknown[], values: unknown[]) =>
    values.every((value) => has(list, value));
  add("contains", holds);
  add("equivalent", (a, b) => holds(a, b) && holds(b, a));
  add("intersects", (a, b) => b.some((value) => has(a, value)));
}
