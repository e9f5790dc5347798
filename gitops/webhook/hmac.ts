import { timingSafeEqual } from "node:crypto";

const encoder = new TextEncoder();

/** HMAC-SHA-256 of the parts, one after the other. */
export async function hmac(
  key: Uint8Array | string,
  ...parts: (Uint8Array | string)[]
): Promise<Uint8Array> {
  const bytes = (of: Uint8Array | string) =>
    typeof of === "string" ? encoder.encode(of) : of;
  const imported = await crypto.subtle.importKey(
    "raw",
    bytes(key) as BufferSource,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const whole = await new Blob(parts.map(bytes) as BlobPart[]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, whole));
}

/** Whether two are the same, in a time that tells nothing of how far they are. */
export function isSame(
  given: Uint8Array | undefined,
  expected: Uint8Array,
): boolean {
  // Of another length it can be no digest at all, whatever the secret.
  return given?.length === expected.length && timingSafeEqual(given, expected);
}

/** Bytes of a text of hex digits; nothing where it is none. */
export function fromHex(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromHex(text);
  } catch {
    return undefined;
  }
}

/** Whether a header is `sha256=` and the digest in hex, as GitHub's. */
export async function isSignedAs(
  header: string | null,
  options: { prefix: string; key: string; parts: (Uint8Array | string)[] },
): Promise<boolean> {
  const { prefix, key, parts } = options;
  const expected = await hmac(key, ...parts);
  const given = header?.startsWith(prefix)
    ? fromHex(header.slice(prefix.length).trim())
    : undefined;
  return isSame(given, expected);
}
