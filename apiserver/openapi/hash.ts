import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const encoder = new TextEncoder();

/**
 * What a document is known by to clients that have it: its SHA-256, in hexadecimal.
 *
 * Not by `node:crypto`, which brings 4 MiB of Node's modules along.
 */
export function hashOf(document: string | Uint8Array): string {
  const bytes = typeof document === "string"
    ? encoder.encode(document)
    : document;
  return bytesToHex(sha256(bytes)).toUpperCase();
}
