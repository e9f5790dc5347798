/**
 * What a stored value says of its encryption. Apart from `value_cipher.ts`, so that Node's cryptography, which takes
 * 3 MiB, is loaded only where something is encrypted.
 *
 * @module
 */
import type { Row } from "./log.ts";

/** Begins every encrypted value; JSON never begins so. Then the key's id, a colon, and base64. */
export const PREFIX = "enc:aesgcm:v1:";

/** Where a value belongs. */
export type Place = Omit<Row, "value" | "previous" | "deleted">;

/** The key that a stored value is encrypted with; undefined for plain text. */
export function keyIdOf(value: string | Uint8Array): string | undefined {
  // JSON of an object, mostly: decided by the first byte.
  if (value[0] === "{" || value[0] === 0x7b) return undefined;
  const head = typeof value === "string"
    ? value.slice(0, 64)
    : String.fromCharCode(...value.subarray(0, 64));
  if (!head.startsWith(PREFIX)) return undefined;
  return head.slice(PREFIX.length, head.indexOf(":", PREFIX.length));
}

/** The error for a value whose key is not among those given. */
export function missingKey(row: Place & { value: Uint8Array }, have: string[]) {
  const given = have.length > 0
    ? `the keys given are ${have.join(", ")}`
    : "no key is given";
  return new Error(
    `${nameOf(row)} is encrypted with key ${
      keyIdOf(row.value)
    }, and ${given}; give that key too (--encryption-key-file), behind the one that encrypts`,
  );
}

/** The object of a value, for errors. */
export function nameOf(
  { resource, namespace, name, resourceVersion }: Place,
): string {
  const path = [resource.split("/")[1], namespace, name].filter(Boolean);
  return `${path.join("/")} (resourceVersion ${resourceVersion})`;
}
