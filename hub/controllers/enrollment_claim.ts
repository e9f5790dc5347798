/**
 * Whether an Enrollment is what it says.
 *
 * @module
 */
import { type CryptoKey, importJWK } from "jose";
import type { Enrollment } from "../../api/enrollment.ts";
import {
  ClaimType,
  type EnrollmentClaim,
  joinProof,
  keyId,
  signatureAlgorithm,
} from "../../api/protocol/claims.ts";
import { equal } from "../keys/challenge.ts";
import { verifyClaim } from "../keys/hub_keys.ts";

/** What a device proves to join. */
export function enrollmentClaim(enrollment: Enrollment): EnrollmentClaim {
  const { agent, registration, keys } = enrollment.spec;
  return {
    namespace: enrollment.metadata.namespace!,
    agent,
    registration,
    keys,
  };
}

/** What is wrong with an Enrollment's name, keys and proof; undefined where nothing is. */
export async function claimProblem(
  enrollment: Enrollment,
): Promise<string | undefined> {
  const { keys, proof } = enrollment.spec;
  const id = await keyId(keys.signing);
  if (enrollment.metadata.name !== id) {
    return `its name has to be the hash of its signing key, ${id}`;
  }
  try {
    await importJWK({ ...keys.agreement }, "ECDH-ES+A256KW");
    if (keys.agreement.crv !== "P-256") throw new Error("not on curve P-256");
  } catch (error) {
    return `its agreement key is of no use: ${(error as Error).message}`;
  }
  if (!await isSignedByDevice(enrollment, proof)) {
    return "its proof is not a signature of its claim by its signing key";
  }
}

async function isSignedByDevice(
  enrollment: Enrollment,
  proof: string,
): Promise<boolean> {
  try {
    const { signing } = enrollment.spec.keys;
    return await verifyClaim(proof, {
      key: await importJWK(
        { ...signing },
        signatureAlgorithm(signing),
      ) as CryptoKey,
      claim: enrollmentClaim(enrollment),
      typ: ClaimType.enrollment,
    });
  } catch {
    return false; // not a key of that kind
  }
}

/** Whether who made the Enrollment held one of the tokens. */
export async function holdsToken(
  enrollment: Enrollment,
  tokens: string[],
): Promise<boolean> {
  const claim = enrollmentClaim(enrollment);
  for (const token of tokens) {
    const expected = await joinProof(claim, token);
    if (equal(expected, enrollment.spec.joinProof)) return true;
  }
  return false;
}
