import { CompactSign, exportJWK, generateKeyPair } from "jose";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import { ClaimType, keyId } from "../../api/protocol/claims.ts";

/** A signing key, such as a hub has. */
export interface HubKey {
  id: string;
  public: PublicJwk;
  sign(claim: unknown, typ: string): Promise<string>;
  /** Its word for another key. */
  vouch(key: HubKey): Promise<string>;
}

/** A new one. */
export async function createHubKey(): Promise<HubKey> {
  const pair = await generateKeyPair("Ed25519", { extractable: true });
  const { kty, crv, x } = await exportJWK(pair.publicKey);
  const jwk = { kty: kty!, crv: crv!, x: x! };
  const id = await keyId(jwk);
  const sign: HubKey["sign"] = (claim, typ) =>
    new CompactSign(new TextEncoder().encode(canonicalJson(claim)))
      .setProtectedHeader({ alg: "Ed25519", kid: id, typ }).sign(
        pair.privateKey,
      );
  return {
    id,
    public: jwk,
    sign,
    vouch: (key) => sign({ key: key.public }, ClaimType.hubKey),
  };
}
