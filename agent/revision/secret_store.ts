import { compactDecrypt, CompactEncrypt, importJWK } from "jose";
import { z } from "zod";
import { Secret } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import type { SecretReference } from "../../api/revision.ts";
import type { KubeClient } from "../../kube/client.ts";
import { AGREEMENT_ALG, type DeviceKeys } from "../identity/device_keys.ts";
import type { StateFolder } from "../state/state_folder.ts";
import { StageError } from "./stage_error.ts";

/** A Secret. */
export interface SecretObject extends KubeObject {
  /** base64. */
  data?: Record<string, string>;
}

const Sealed = z.object({
  name: z.string(),
  key: z.string(),
  value: z.string(),
});

/**
 * Values of Secrets that plugins' configs refer to. Kept on disk for a start without a network, encrypted to the
 * device's agreement key: a copy of these files alone gives nothing away.
 */
export class SecretStore {
  readonly #state: StateFolder;
  readonly #keys: DeviceKeys;

  constructor(state: StateFolder, keys: DeviceKeys) {
    this.#state = state;
    this.#keys = keys;
  }

  /**
   * The value that a reference stands for. One on disk serves as long as its HMAC, which changes with the value, is
   * the reference's.
   *
   * @param options.client Left out offline.
   * @param options.fetched Secrets that were read a moment ago, by name; gets those that are read.
   * @throws StageError
   */
  async get(
    reference: SecretReference,
    options: {
      client?: KubeClient;
      namespace: string;
      signal: AbortSignal;
      fetched?: Map<string, SecretObject>;
    },
  ): Promise<string> {
    const file = `secrets/${await secretFile(reference)}`;
    const present = await this.#load(file);
    if (present !== undefined) return present;
    const { client, namespace, signal, fetched } = options;
    const { name, key } = reference;
    if (!client) {
      throw new StageError(
        "SecretUnavailable",
        `Secret ${name} is not on disk`,
      );
    }
    let secret = fetched?.get(name);
    try {
      secret ??= await client.get<SecretObject>(Secret, name, {
        namespace,
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new StageError(
        "SecretUnavailable",
        `Cannot read Secret ${name}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    fetched?.set(name, secret);
    const data = secret.data?.[key];
    if (data === undefined) {
      throw new StageError(
        "SecretUnavailable",
        `Secret ${name} has no key ${key}`,
      );
    }
    const value = new TextDecoder().decode(Uint8Array.fromBase64(data));
    await this.#save(file, { name, key, value });
    return value;
  }

  async #load(file: string): Promise<string | undefined> {
    const jwe = await this.#state.readText(file);
    if (jwe === undefined) return undefined;
    try {
      const { plaintext } = await compactDecrypt(jwe, this.#keys.agreement, {
        keyManagementAlgorithms: [AGREEMENT_ALG],
      });
      return Sealed.parse(JSON.parse(new TextDecoder().decode(plaintext)))
        .value;
    } catch {
      return undefined; // damaged: it is fetched again
    }
  }

  async #save(file: string, sealed: z.infer<typeof Sealed>): Promise<void> {
    const jwe = await new CompactEncrypt(
      new TextEncoder().encode(JSON.stringify(sealed)),
    ).setProtectedHeader({ alg: AGREEMENT_ALG, enc: "A256GCM" })
      .encrypt(
        await importJWK({ ...this.#keys.public.agreement }, AGREEMENT_ALG),
      );
    await this.#state.write(file, jwe);
  }
}

/** Name of the file of a secret value. */
export async function secretFile(
  { name, key, hmac }: SecretReference,
): Promise<string> {
  return `${await sha256Hex(JSON.stringify([name, key, hmac]))}.jwe`;
}

/** A copy of `config` with each value at its `path`, a JSON Pointer (RFC 6901). @throws StageError */
export function withValues(
  config: Record<string, unknown>,
  values: { path: string; value: string }[],
): Record<string, unknown> {
  const copy = structuredClone(config);
  for (const { path, value } of values) put(copy, path, value);
  return copy;
}

function put(
  config: Record<string, unknown>,
  path: string,
  value: string,
): void {
  const keys = path.split("/").slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = keys.pop();
  let at = config;
  for (const key of keys) {
    if (!Object.hasOwn(at, key) || typeof at[key] !== "object" || !at[key]) {
      // The place of a secret that was all there was in an object.
      Object.defineProperty(at, key, plain({}));
    }
    at = at[key] as Record<string, unknown>;
  }
  if (last === undefined) {
    throw new StageError(
      "RevisionNotUnderstood",
      `A secret cannot be put at ${JSON.stringify(path)} of a config`,
      { terminal: true },
    );
  }
  Object.defineProperty(at, last, plain(value));
}

/** Defined, not assigned: a key `__proto__` must stay a key. */
function plain(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: true, configurable: true };
}
