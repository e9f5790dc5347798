/**
 * The hub's keys in their Secret.
 *
 * @module
 */
import { Secret } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER, SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isAlreadyExists } from "../../kube/kube_api_error.ts";
import { createKeyRing, type KeyRing } from "./key_ring.ts";

/** Name of the Secret, in namespace faros-system. */
export const KEYS_SECRET = "faros-hub-keys";

const FIELD = "keyring.json";

/** A Secret as the API serves it. */
export interface SecretObject extends KubeObject {
  type?: string;
  /** base64. */
  data?: Record<string, string>;
}

/** The keys, made on the hub's first start. */
export async function openKeyRing(
  client: KubeClient,
  options: { now: number; signal?: AbortSignal },
): Promise<KeyRing> {
  const { now, signal } = options;
  const scope = { namespace: SYSTEM_NAMESPACE, signal };
  const found = await client.tryGet<SecretObject>(Secret, KEYS_SECRET, scope);
  if (found) return readKeyRing(found);
  const ring = await createKeyRing(now);
  try {
    await client.create<SecretObject>(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: KEYS_SECRET, namespace: SYSTEM_NAMESPACE },
      type: "faros.sh/hub-keys",
      data: { [FIELD]: encode(ring) },
    }, { fieldManager: HUB_MANAGER, signal });
    return ring;
  } catch (error) {
    // Another replica was quicker.
    if (!isAlreadyExists(error)) throw error;
    return readKeyRing(
      await client.get<SecretObject>(Secret, KEYS_SECRET, scope),
    );
  }
}

/** The keys in the Secret. */
export function readKeyRing(secret: SecretObject): KeyRing {
  try {
    const text = new TextDecoder().decode(
      Uint8Array.fromBase64(secret.data![FIELD]!),
    );
    const ring = JSON.parse(text) as KeyRing;
    if (!ring.current || !ring.hmac || !ring.keys.length) {
      throw new Error("it lacks keys");
    }
    return ring;
  } catch (error) {
    throw new Error(
      `Cannot read the hub's keys from Secret ${SYSTEM_NAMESPACE}/${KEYS_SECRET}: ${
        (error as Error).message
      }. Put back the Secret from a backup; without it devices that are enrolled take no orders from this hub`,
    );
  }
}

/** Stores changed keys. @throws {KubeApiError} Conflict where the Secret has changed since */
export async function writeKeyRing(
  client: KubeClient,
  secret: SecretObject,
  options: { ring: KeyRing; signal?: AbortSignal },
): Promise<void> {
  await client.update<SecretObject>(Secret, {
    ...secret,
    data: { ...secret.data, [FIELD]: encode(options.ring) },
  }, { fieldManager: HUB_MANAGER, signal: options.signal });
}

function encode(ring: KeyRing): string {
  return new TextEncoder().encode(JSON.stringify(ring)).toBase64();
}
