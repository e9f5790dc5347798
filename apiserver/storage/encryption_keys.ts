import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** A key of AES-256-GCM. */
export interface EncryptionKey {
  /** Names the key in what it encrypted: from the key itself, so that nobody can mix names up. */
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** How values are encrypted on the disk. */
export interface Encryption {
  /** The first encrypts, all decrypt. */
  keys: EncryptionKey[];
  /** `resource` or `resource.group`, as in `secrets`; empty decrypts everything. */
  resources: string[];
}

/** Encryption of objects on the disk, by AES-256-GCM. */
export interface EncryptionOptions {
  /**
   * Keys of 32 bytes in base64, one a line: the first encrypts, the others only decrypt what was encrypted before. After
   * `identity` in the first place nothing is encrypted any more.
   */
  keys: string;
  /** Where they are from, for errors. */
  source?: string;
  /** `secrets`, `widgets.example.com`. @default {["secrets"]} */
  resources?: string[];
}

const KEY_BYTES = 32;
const IDENTITY = "identity";

/**
 * Reads keys: one a line (or between commas) in base64, 32 bytes each; empty lines and those with # are left out. The
 * first encrypts, the others only decrypt. `identity` in the first place stores in plain text again.
 *
 * @param source Where the text is from, for errors.
 */
export function parseEncryptionKeys(
  text: string,
  { source, resources = ["secrets"] }: { source: string; resources?: string[] },
): Encryption {
  const words = text.split(/[\n,]/).map((line) =>
    line.replace(/#.*/, "").trim()
  )
    .filter(Boolean);
  const plain = words[0] === IDENTITY;
  const keys = (plain ? words.slice(1) : words).map((word, i) => {
    const bytes = fromBase64(word);
    if (bytes?.length === KEY_BYTES) return { id: idOf(bytes), bytes };
    const found = word === IDENTITY
      ? "it is 'identity', which can only be the first"
      : bytes
      ? `it has ${bytes.length} bytes`
      : "it is not base64";
    // Never the word itself: it may be a key with a typing error.
    throw new Error(
      `Cannot read key ${
        i + (plain ? 2 : 1)
      } of ${source}: ${found}; a key is ${KEY_BYTES} random bytes in base64, as 'openssl rand -base64 ${KEY_BYTES}' makes it`,
    );
  });
  // One that stands there twice is no longer needed once only, which nobody should take for not at all.
  const unique = [...new Map(keys.map((key) => [key.id, key])).values()];
  if (keys.length === 0) {
    throw new Error(
      `There is no encryption key in ${source}; put the output of 'openssl rand -base64 ${KEY_BYTES}' there`,
    );
  }
  return { keys: unique, resources: plain ? [] : resources };
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function idOf(bytes: Uint8Array): string {
  const label = new TextEncoder().encode("encryption key id\0");
  const hash = sha256.create().update(label).update(bytes).digest();
  return bytesToHex(hash).slice(0, 8);
}

/** The keys that options name; undefined where nothing is encrypted. */
export function encryptionOf(
  options: EncryptionOptions | undefined,
): Encryption | undefined {
  if (!options) return undefined;
  const { keys, source = "the encryption keys", resources } = options;
  return parseEncryptionKeys(keys, { source, resources });
}
