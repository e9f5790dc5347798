import { isObject } from "../is_object.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type { JsonObject } from "../types.ts";

/**
 * Takes out of `object`, in place, what `withZeroValue` put into `original`
 * and nobody has changed since.
 */
export function removeZeroValue(
  object: JsonObject,
  zero: JsonObject,
  original: JsonObject,
): void {
  for (const key in zero) {
    const always = zero[key]!;
    const value = object[key];
    const before = original[key];
    const own = before !== undefined && before !== null;
    if (!own && value !== undefined && deepEqual(value, always)) {
      delete object[key];
    } else if (isObject(value) && isObject(always)) {
      removeZeroValue(value, always, own && isObject(before) ? before : {});
    }
  }
}
