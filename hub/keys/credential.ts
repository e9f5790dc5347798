/**
 * What the hub gives a device to act with.
 *
 * @module
 */
import { CompactEncrypt, decodeJwt, importJWK } from "jose";
import type { Enrollment } from "../../api/enrollment.ts";
import {
  ClaimType,
  type Credential,
  type CredentialClaim,
} from "../../api/protocol/claims.ts";
import type { HubKeys } from "./hub_keys.ts";

/**
 * Encrypts a credential so that only the Enrollment's device reads it (RFC 7516), and signs that, so that the device
 * knows it for the hub's. Signed outside: the hub itself can tell what it wrote without being able to read it.
 */
export async function sealCredential(
  keys: HubKeys,
  credential: Credential,
  { metadata, spec }: Enrollment,
): Promise<string> {
  const alg = "ECDH-ES+A256KW";
  const jwe = await new CompactEncrypt(
    new TextEncoder().encode(JSON.stringify(credential)),
  ).setProtectedHeader({ alg, enc: "A256GCM" })
    .encrypt(await importJWK({ ...spec.keys.agreement }, alg));
  const claim: CredentialClaim = { enrollment: metadata.name, jwe };
  return await keys.sign(claim, ClaimType.credential);
}

/** Whether the hub wrote the credential in an Enrollment's status, for its device. */
export async function isSealed(
  keys: HubKeys,
  { metadata, status }: Enrollment,
): Promise<boolean> {
  const jws = status?.credential;
  if (!jws) return false;
  let jwe: string;
  try {
    ({ jwe } = decodeJwt<CredentialClaim>(jws));
  } catch {
    return false; // no JWS at all
  }
  const claim: CredentialClaim = { enrollment: metadata.name, jwe };
  return await keys.verify(jws, { claim, typ: ClaimType.credential });
}
