import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Encryption } from "./encryption_keys.ts";
import {
  keyIdOf,
  missingKey,
  nameOf,
  type Place,
  PREFIX,
} from "./encrypted_value.ts";

const ALGORITHM = "aes-256-gcm";
/** Random nonces of 96 bits are good for 2^32 values under one key (NIST SP 800-38D). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Turns values into what is stored, and back. */
export class ValueCipher {
  /** Id of the key that encrypts; undefined where nothing is encrypted any more. */
  readonly current: string | undefined;
  /** What it encrypts, as the log names resources, in order. */
  readonly covered: readonly string[];
  readonly #keys: Map<string, Uint8Array>;

  constructor({ keys, resources }: Encryption) {
    this.#keys = new Map(keys.map(({ id, bytes }) => [id, bytes]));
    this.covered = resources.map(asStored).sort();
    this.current = resources.length > 0 ? keys[0]!.id : undefined;
  }

  /** The value as it is stored. */
  seal(row: Place & { value: string | Uint8Array }): string | Uint8Array {
    return this.covers(row.resource) ? this.#encrypt(row) : row.value;
  }

  covers(resource: string): boolean {
    return this.covered.includes(resource);
  }

  /** Whether a stored value is not as `seal` would store it: in plain text, or under another key. */
  isStale(resource: string, value: string | Uint8Array): boolean {
    return keyIdOf(value) !==
      (this.covers(resource) ? this.current : undefined);
  }

  #encrypt(row: Place & { value: string | Uint8Array }): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(
      ALGORITHM,
      this.#keys.get(this.current!)!,
      nonce,
    );
    cipher.setAAD(boundTo(row));
    const sealed = Buffer.concat([
      nonce,
      typeof row.value === "string"
        ? cipher.update(row.value, "utf8")
        : cipher.update(row.value),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return `${PREFIX}${this.current}:${sealed.toString("base64")}`;
  }

  /** @throws where it was encrypted with a key that is not there, or is damaged */
  decrypt(row: Place & { value: Uint8Array }): Uint8Array<ArrayBuffer> {
    const id = keyIdOf(row.value)!;
    const key = this.#keys.get(id);
    if (!key) throw missingKey(row, [...this.#keys.keys()]);
    const text = Buffer.from(row.value).toString("latin1");
    const sealed = Buffer.from(
      text.slice(PREFIX.length + id.length + 1),
      "base64",
    );
    const decipher = createDecipheriv(
      ALGORITHM,
      key,
      sealed.subarray(0, NONCE_BYTES),
    );
    decipher.setAAD(boundTo(row));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([
        decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)),
        decipher.final(),
      ]);
    } catch {
      throw new Error(
        `${nameOf(row)} cannot be decrypted with its key ${id}: it is damaged`,
      );
    }
  }
}

/** A value decrypts only in the row that it was encrypted for. */
function boundTo(
  { resource, namespace, name, resourceVersion }: Place,
): Buffer {
  return Buffer.from(`${resource}/${namespace}/${name}/${resourceVersion}`);
}

/** `secrets` is `/secrets` in the log, `widgets.example.com` is `example.com/widgets`. */
function asStored(resource: string): string {
  const [name, ...group] = resource.split(".");
  return `${group.join(".")}/${name}`;
}
