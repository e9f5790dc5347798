import { hash } from "node:crypto";

/**
 * The first `length` hexadecimal digits of the SHA-256 of a text. Web Crypto
 * answers later only, and a plan is made at once.
 */
export function contentHash(text: string, length: number): string {
  return hash("sha256", text, "hex").slice(0, length);
}
