import { deepEqual } from "./deep_equal.ts";

/** Whether two values are equal to CEL. */
export function celEqual(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && deepEqual(a, b)) ||
    // An int may stand beside a double of the same worth.
    // deno-lint-ignore eqeqeq
    (typeof a !== typeof b && a == b);
}
