import type { Json, JsonObject } from "./types.ts";

/** Whether `value` is a JSON object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether an object has no fields. */
export function isEmptyObject(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
