import { isObject } from "../is_object.ts";
import type { JsonObject } from "../types.ts";

/**
 * `object` with the fields that Go writes of its kind whether they were set or not (`spec: {}`), which so nobody adds
 * and nobody owns. Shares parts with both; the object itself where nothing is missing.
 */
export function withZeroValue(
  object: JsonObject,
  zero: JsonObject,
): JsonObject {
  let filled = object;
  for (const key in zero) {
    const always = zero[key]!;
    const value = object[key];
    const next = value === undefined || value === null
      ? always
      : isObject(always) && isObject(value)
      ? withZeroValue(value, always)
      : value;
    if (next === value) continue;
    if (filled === object) filled = { ...object };
    filled[key] = next;
  }
  return filled;
}
