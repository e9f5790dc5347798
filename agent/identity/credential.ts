import { compactDecrypt, decodeJwt } from "jose";
import { z } from "zod";
import { PublicJwk } from "../../api/plugin_entry.ts";
import {
  ClaimType,
  type Credential,
  type CredentialClaim,
} from "../../api/protocol/claims.ts";
import type { StateFolder } from "../state/state_folder.ts";
import { AGREEMENT_ALG, type DeviceKeys } from "./device_keys.ts";
import { type HubAnchor, type HubTrust, SignatureError } from "./hub_trust.ts";

const FILE = "credential.json";

const Fields = z.object({
  server: z.string(),
  caData: z.string().optional(),
  namespace: z.string(),
  workspace: z.string().optional(),
  agent: z.string(),
  agentUID: z.string(),
  token: z.string(),
  tokenExpires: z.iso.datetime({ offset: true }),
  hubURL: z.string(),
  hubCAData: z.string().optional(),
  hubKeys: z.array(PublicJwk),
  hubKeyEndorsements: z.array(z.string()).optional(),
});

/** A credential with what the device itself notes of it. */
export interface HeldCredential extends Credential {
  /** Milliseconds since 1970, by the device's clock. */
  received: number;
}

/** What {@linkcode openCredential} checks a credential against. */
export interface OpenCredentialOptions {
  keys: DeviceKeys;
  trust: HubTrust;
  /** At an enrolment: the hub that the device is to join. */
  anchor?: HubAnchor;
}

/** A credential that is the hub's, whose keys the device has learned. */
export interface OpenedCredential {
  credential: Credential;
  /** Ids of the keys in it that no known key of the hub vouches for. */
  refusedKeys: string[];
}

/**
 * Reads what the hub has written for this device.
 *
 * @param sealed JWS of a {@linkcode CredentialClaim}.
 * @throws Error where it is not the hub's, not for this device, or no credential; then the device knows no more than
 * before
 */
export async function openCredential(
  sealed: string,
  { keys, trust, anchor }: OpenCredentialOptions,
): Promise<OpenedCredential> {
  try {
    const { jwe } = claimOf(sealed);
    const credential = await decrypt(jwe, keys);
    const claim: CredentialClaim = { enrollment: keys.id, jwe };
    const refusedKeys = await trust.learn({
      keys: credential.hubKeys,
      endorsements: credential.hubKeyEndorsements,
      anchor,
      proof: { jws: sealed, claim, typ: ClaimType.credential },
    });
    return { credential, refusedKeys };
  } catch (error) {
    throw new Error(
      `Cannot take the credential in the Enrollment for the hub's: ${
        (error as Error).message
      }`,
      { cause: error },
    );
  }
}

function claimOf(sealed: string): CredentialClaim {
  try {
    return z.object({ enrollment: z.string(), jwe: z.string() })
      .parse(decodeJwt(sealed));
  } catch {
    throw new SignatureError("it is not signed by anybody");
  }
}

async function decrypt(jwe: string, keys: DeviceKeys): Promise<Credential> {
  const { plaintext } = await compactDecrypt(jwe, keys.agreement, {
    keyManagementAlgorithms: [AGREEMENT_ALG],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return Fields.parse(JSON.parse(new TextDecoder().decode(plaintext)));
}

/** The credential on disk; undefined where there is none yet. */
export async function loadCredential(
  state: StateFolder,
): Promise<HeldCredential | undefined> {
  return await state.readJson(FILE, Fields.extend({ received: z.number() }));
}

/** Keeps a credential. */
export async function saveCredential(
  state: StateFolder,
  credential: HeldCredential,
): Promise<void> {
  await state.writeJson(FILE, credential);
}

/** Least time between two renewals, in milliseconds, whatever the device's clock says of the new token. */
const SHORTEST_LIFE = 60_000;

/**
 * When to renew, in milliseconds since 1970: after two thirds of its life, as kubelets do, so that a hub that is away
 * for some time does no harm.
 *
 * Where the device's clock is ahead of the hub's each new token seems to have expired before: not at once again.
 */
export function renewalTime(
  { received, tokenExpires }: Pick<HeldCredential, "received" | "tokenExpires">,
): number {
  const life = Date.parse(tokenExpires) - received;
  return received + Math.max(life * 2 / 3, SHORTEST_LIFE);
}

/** Whether its token has expired, as far as the device's clock can tell: where it is ahead, only the server can. */
export function isExpired(
  { received, tokenExpires }: Pick<HeldCredential, "received" | "tokenExpires">,
  now: number,
): boolean {
  const expires = Date.parse(tokenExpires);
  return expires <= now && expires > received;
}
