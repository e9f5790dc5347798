import {
  CompactSign,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { z } from "zod";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import { keyId } from "../../api/protocol/claims.ts";
import type { StateFolder } from "../state/state_folder.ts";

const PrivateJwk = z.object({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

/** Algorithm of what is encrypted to a device (RFC 7518). */
export const AGREEMENT_ALG = "ECDH-ES+A256KW";

/** The keys of a device. The private halves never leave it. */
export interface DeviceKeys {
  /** Thumbprint of the signing key: name of the device's Enrollment. */
  id: string;
  public: { signing: PublicJwk; agreement: PublicJwk };
  /** Decrypts what is encrypted to the device. */
  agreement: CryptoKey;
  /** Compact JWS of `claim`'s canonical JSON. */
  sign(claim: unknown, typ: string): Promise<string>;
}

/** The device's keys: those in its state folder, made on its first start. */
export async function openDeviceKeys(state: StateFolder): Promise<DeviceKeys> {
  const signing = await open(state, "keys/signing.jwk.json", "ES256");
  const agreement = await open(state, "keys/agreement.jwk.json", AGREEMENT_ALG);
  const signer = await importJWK(signing, "ES256");
  const id = await keyId(publicOf(signing));
  return {
    id,
    public: { signing: publicOf(signing), agreement: publicOf(agreement) },
    agreement: await importJWK(agreement, AGREEMENT_ALG) as CryptoKey,
    sign: (claim, typ) =>
      new CompactSign(new TextEncoder().encode(canonicalJson(claim)))
        .setProtectedHeader({ alg: "ES256", kid: id, typ })
        .sign(signer),
  };
}

async function open(
  state: StateFolder,
  file: string,
  alg: string,
): Promise<z.infer<typeof PrivateJwk>> {
  const present = await state.readJson(file, PrivateJwk);
  if (present) return present;
  const { privateKey } = await generateKeyPair(alg, {
    extractable: true,
    crv: "P-256",
  });
  const { kty, crv, x, y, d }: JWK = await exportJWK(privateKey);
  const jwk = PrivateJwk.parse({ kty, crv, x, y, d });
  await state.writeJson(file, jwk);
  return jwk;
}

function publicOf({ kty, crv, x, y }: JWK): PublicJwk {
  return { kty: kty!, crv: crv!, x: x!, y: y! };
}
