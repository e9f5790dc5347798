/**
 * The keys that sign ServiceAccount tokens: kept in one file of the data
 * folder, the first signs, all of them verify, so that a key can be replaced
 * while tokens of the old one still live.
 *
 * @module
 */
import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { writePrivate } from "./private_file.ts";

const ALGORITHM = "ES256";

/** A key of the set. */
export interface SigningKey {
  kid: string;
  private: CryptoKey;
  public: CryptoKey;
  /** What `/openid/v1/jwks` publishes. */
  publicJwk: JWK;
}

/** The keys in use; the first one signs. */
export interface KeySet {
  readonly keys: readonly SigningKey[];
  find(kid: string | undefined): SigningKey | undefined;
  /** Makes a new signing key; old ones go on verifying, `keep` of them. */
  rotate(options?: { keep?: number }): Promise<void>;
}

/** Reads the keys from `file`, or makes the first one; without a file they live in memory. */
export async function openKeySet(file?: string): Promise<KeySet> {
  let keys = file ? await read(file) : [];
  const save = async (next: SigningKey[]) => {
    if (file) await write(file, next);
    keys = next;
  };
  if (keys.length === 0) await save([await generate()]);
  return {
    get keys() {
      return keys;
    },
    find: (kid) => keys.find((key) => key.kid === kid),
    async rotate({ keep = 1 } = {}) {
      await save([await generate(), ...keys.slice(0, keep)]);
    },
  };
}

async function generate(): Promise<SigningKey> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  return await describe(pair.privateKey, pair.publicKey);
}

async function describe(
  privateKey: CryptoKey,
  publicKey: CryptoKey,
): Promise<SigningKey> {
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    private: privateKey,
    public: publicKey,
    publicJwk: { ...jwk, kid, alg: ALGORITHM, use: "sig" },
  };
}

async function read(file: string): Promise<SigningKey[]> {
  let text;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  try {
    return await parse(text);
  } catch (error) {
    throw new Error(
      `Cannot read the ServiceAccount signing keys in ${file}: ${
        error instanceof Error ? error.message : error
      }; restore the file, or remove it to start with a new key, which ends all ServiceAccount tokens`,
      { cause: error },
    );
  }
}

async function parse(text: string): Promise<SigningKey[]> {
  const stored: JWK[] = JSON.parse(text).keys;
  return await Promise.all(stored.map(async (jwk) => {
    const { d: _, ...open } = jwk;
    return describe(
      await importJWK(
        { ...jwk, ext: true },
        ALGORITHM,
        { extractable: true },
      ) as CryptoKey,
      await importJWK(open, ALGORITHM, { extractable: true }) as CryptoKey,
    );
  }));
}

async function write(file: string, keys: SigningKey[]): Promise<void> {
  const jwks = await Promise.all(keys.map((key) => exportJWK(key.private)));
  await writePrivate(file, JSON.stringify({ keys: jwks }) + "\n");
}
