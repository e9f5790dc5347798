import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Encryption } from "./encryption_keys.ts";
import type { Row } from "./log.ts";

/** Begins every encrypted value; JSON never begins so. Then the key's id, a colon, and base64. */
const PREFIX = "enc:aesgcm:v1:";
const ALGORITHM = "aes-256-gcm";
/** Random nonces of 96 bits are good for 2^32 values under one key (NIST SP 800-38D). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type Key = Omit<Row, "value" | "previous" | "deleted">;

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
  seal(row: Key & { value: string | Uint8Array }): string | Uint8Array {
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

  #encrypt(row: Key & { value: string | Uint8Array }): string {
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
  decrypt(row: Key & { value: Uint8Array }): Uint8Array<ArrayBuffer> {
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

/** The key that a stored value is encrypted with; undefined for plain text. */
export function keyIdOf(value: string | Uint8Array): string | undefined {
  // JSON of an object, mostly: decided by the first byte.
  if (value[0] === "{" || value[0] === 0x7b) return undefined;
  const head = typeof value === "string"
    ? value.slice(0, 64)
    : Buffer.from(value.subarray(0, 64)).toString("latin1");
  if (!head.startsWith(PREFIX)) return undefined;
  return head.slice(PREFIX.length, head.indexOf(":", PREFIX.length));
}

/** The error for a value whose key is not among those given. */
export function missingKey(row: Key & { value: Uint8Array }, have: string[]) {
  const given = have.length > 0
    ? `the keys given are ${have.join(", ")}`
    : "no key is given";
  return new Error(
    `${nameOf(row)} is encrypted with key ${
      keyIdOf(row.value)
    }, and ${given}; give that key too (--encryption-key-file), behind the one that encrypts`,
  );
}

function nameOf({ resource, namespace, name, resourceVersion }: Key): string {
  const path = [resource.split("/")[1], namespace, name].filter(Boolean);
  return `${path.join("/")} (resourceVersion ${resourceVersion})`;
}

/** A value decrypts only in the row that it was encrypted for. */
function boundTo({ resource, namespace, name, resourceVersion }: Key): Buffer {
  return Buffer.from(`${resource}/${namespace}/${name}/${resourceVersion}`);
}

/** `secrets` is `/secrets` in the log, `widgets.example.com` is `example.com/widgets`. */
function asStored(resource: string): string {
  const [name, ...group] = resource.split(".");
  return `${group.join(".")}/${name}`;
}
