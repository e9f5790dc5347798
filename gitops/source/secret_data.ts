import { SourceError } from "./source_error.ts";

/** What a Secret holds, decoded. */
export type SecretData = Record<string, string>;

/** A value of a Secret that goes into a header or a URL: without line breaks. */
export function oneLine(key: string, value: string): string {
  const text = value.trim();
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f]/.test(text)) {
    throw new SourceError(
      "SecretInvalid",
      "Cannot use the Repository's Secret",
      `its ${key} has line breaks in it`,
    );
  }
  return text;
}

/** The keys of a Secret, for an error: never a value. */
export function keysOf(secret: SecretData): string {
  return Object.keys(secret).sort().join(", ") || "none";
}
