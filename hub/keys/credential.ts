import { CompactEncrypt, importJWK } from "jose";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import type { Credential } from "../../api/protocol/claims.ts";

/** Encrypts a credential so that only the holder of the agreement key reads it (RFC 7516). */
export async function encryptCredential(
  credential: Credential,
  agreement: PublicJwk,
): Promise<string> {
  const alg = "ECDH-ES+A256KW";
  return await new CompactEncrypt(
    new TextEncoder().encode(JSON.stringify(credential)),
  ).setProtectedHeader({ alg, enc: "A256GCM" })
    .encrypt(await importJWK({ ...agreement }, alg));
}
