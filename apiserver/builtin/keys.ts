/**
 * Keys of Secrets and ConfigMaps.
 *
 * @module
 */
import { invalidValue } from "../schema/field_error.ts";
import type { FieldError } from "../types.ts";

/** Bytes that the data of one object may have. */
export const MAX_DATA_BYTES = 1024 * 1024;

const KEY = /^[-._a-zA-Z0-9]+$/;
const KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** Problems with a key of `field`: a name that can be a file's. */
export function keyErrors(field: string, key: string): FieldError[] {
  const problems: string[] = [];
  if (key.length > 253) problems.push("must be no more than 253 bytes");
  if (!KEY.test(key)) problems.push(KEY_TEXT);
  if (key === "." || key === "..") problems.push(`must not be '${key}'`);
  else if (key.startsWith("..")) problems.push("must not start with '..'");
  return problems.map((why) => invalidValue(`${field}[${key}]`, key, why));
}

/** Bytes that base64 `text` stands for. */
export function decodedSize(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return text.length / 4 * 3 - padding;
}
