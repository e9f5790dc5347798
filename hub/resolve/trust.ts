/**
 * Who signed a plugin's code.
 *
 * @module
 */
import { type CryptoKey, decodeProtectedHeader, importJWK } from "jose";
import type { Artifact } from "../../api/plugin.ts";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import {
  type ArtifactClaim,
  ClaimType,
  keyId,
  signatureAlgorithm,
} from "../../api/protocol/claims.ts";
import { verifyClaim } from "../keys/hub_keys.ts";

/** A publisher whose signature counts. */
export interface Publisher {
  name: string;
  key: PublicJwk;
}

/** What the signatures checked so far said; they never change. */
const checked = new Map<string, boolean>();
const REMEMBERED = 10_000;

/** The one of `publishers` who signed all of a version's artifacts; undefined where none did. */
export async function publisherOf(
  version: { plugin: string; version: string; artifacts: Artifact[] },
  publishers: Publisher[],
): Promise<Publisher | undefined> {
  for (const publisher of publishers) {
    const signed = await Promise.all(
      version.artifacts.map(({ digest, signature }) => {
        const claim = {
          plugin: version.plugin,
          version: version.version,
          digest,
        };
        return isSigned(signature, { claim, key: publisher.key });
      }),
    );
    if (signed.length && signed.every(Boolean)) return publisher;
  }
}

async function isSigned(
  signature: string,
  { claim, key }: { claim: ArtifactClaim; key: PublicJwk },
): Promise<boolean> {
  const memo = JSON.stringify([signature, claim, key]);
  const known = checked.get(memo);
  if (known !== undefined) return known;
  const result = await check(signature, { claim, key });
  if (checked.size >= REMEMBERED) checked.clear();
  checked.set(memo, result);
  return result;
}

async function check(
  signature: string,
  { claim, key }: { claim: ArtifactClaim; key: PublicJwk },
): Promise<boolean> {
  try {
    const { kid } = decodeProtectedHeader(signature);
    if (kid !== undefined && kid !== await keyId(key)) return false;
    const imported = await importJWK(
      { ...key },
      signatureAlgorithm(key),
    ) as CryptoKey;
    return await verifyClaim(signature, {
      key: imported,
      claim,
      typ: ClaimType.artifact,
    });
  } catch {
    return false; // not a JWS, or not a key for it
  }
}
