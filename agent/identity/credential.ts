import { compactDecrypt } from "jose";
import { z } from "zod";
import { PublicJwk } from "../../api/plugin_entry.ts";
import type { Credential } from "../../api/protocol/claims.ts";
import type { StateFolder } from "../state/state_folder.ts";
import { AGREEMENT_ALG, type DeviceKeys } from "./device_keys.ts";

const FILE = "credential.json";

const Fields = z.object({
  server: z.string(),
  caData: z.string().optional(),
  namespace: z.string(),
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

/** Reads what a hub has encrypted to this device. @throws Error where it is not for it, or not a credential */
export async function decryptCredential(
  jwe: string,
  keys: DeviceKeys,
): Promise<Credential> {
  try {
    const { plaintext } = await compactDecrypt(jwe, keys.agreement, {
      keyManagementAlgorithms: [AGREEMENT_ALG],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return Fields.parse(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch (error) {
    throw new Error(
      `Cannot read the credential from the hub: ${(error as Error).message}`,
    );
  }
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

/**
 * When to renew, in milliseconds since 1970: after two thirds of its life, as kubelets do, so that a hub that is away
 * for some time does no harm.
 */
export function renewalTime(
  { received, tokenExpires }: Pick<HeldCredential, "received" | "tokenExpires">,
): number {
  return received + (Date.parse(tokenExpires) - received) * 2 / 3;
}
