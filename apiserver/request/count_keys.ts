import { badRequest } from "../errors.ts";

/** Objects and lists nested deeper than this are refused. */
export const MAX_DEPTH = 500;

/**
 * How many keys there are in all objects of a decoded body.
 *
 * @throws {StatusError} 400 where it is nested too deep, or a key is `__proto__`.
 */
export function countKeys(value: object, depth = 0): number {
  if (depth > MAX_DEPTH) {
    throw badRequest(
      `the request body is nested deeper than ${MAX_DEPTH} levels`,
    );
  }
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (item && typeof item === "object") count += countKeys(item, depth + 1);
    }
    return count;
  }
  for (const key in value) {
    // Copying such a key by assignment would change the copy's prototype.
    if (key === "__proto__") {
      throw badRequest('a field cannot be named "__proto__"');
    }
    count++;
    const sub = (value as Record<string, unknown>)[key];
    if (sub && typeof sub === "object") count += countKeys(sub, depth + 1);
  }
  return count;
}
