import {
  CompactSign,
  compactVerify,
  type CryptoKey,
  decodeProtectedHeader,
  importJWK,
} from "jose";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import {
  SIGNATURE_ALGORITHMS,
  signatureAlgorithm,
} from "../../api/protocol/claims.ts";
import { currentKey, type KeyRing, publicKey } from "./key_ring.ts";

/** A public key of the hub. */
export interface HubKey {
  id: string;
  key: PublicJwk;
}

/** Signs and checks as the hub. All replicas have the same keys. */
export class HubKeys {
  #ring: KeyRing;
  readonly #private = new Map<string, Promise<CryptoKey>>();
  readonly #public = new Map<string, Promise<CryptoKey>>();
  readonly #listeners = new Set<() => void>();
  #hmac: Promise<CryptoKey> | undefined;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** The keys as they are stored. */
  get ring(): KeyRing {
    return this.#ring;
  }

  /** Takes over keys that another replica, or a rotation, has stored. */
  replace(ring: KeyRing): void {
    if (canonicalJson(ring) === canonicalJson(this.#ring)) return;
    if (ring.hmac !== this.#ring.hmac) this.#hmac = undefined;
    this.#ring = ring;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls `listener` when keys have come or gone. @returns A function that ends it. */
  on(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Id of the key that signs now. */
  get current(): string {
    return this.#ring.current;
  }

  /** Public keys, the current one first. */
  keys(): HubKey[] {
    const current = currentKey(this.#ring);
    return [current, ...this.#ring.keys.filter((key) => key !== current)]
      .map((key) => ({ id: key.id, key: publicKey(key) }));
  }

  /** JWS of a HubKeyClaim, by which whoever knows an older key learns those of today. */
  endorsements(): string[] {
    const { keys, lineage = [] } = this.#ring;
    return [
      ...lineage,
      ...keys.flatMap(({ endorsement }) => endorsement ?? []),
    ];
  }

  /** Whether a key still signs or will: not one that has been replaced. */
  isActive(id: string): boolean {
    return this.#ring.keys.some((k) => k.id === id && k.retired === undefined);
  }

  /** Compact JWS of a claim's canonical JSON by the current key. */
  async sign(claim: unknown, typ: string): Promise<string> {
    const { id, private: jwk } = currentKey(this.#ring);
    const alg = signatureAlgorithm(jwk);
    const key = await memo(
      this.#private,
      id,
      () => importJWK(jwk, alg) as Promise<CryptoKey>,
    );
    return await new CompactSign(
      new TextEncoder().encode(canonicalJson(claim)),
    ).setProtectedHeader({ alg, kid: id, typ }).sign(key);
  }

  /** Whether `jws` is one of the hub's keys' word for exactly `claim`. */
  async verify(
    jws: string,
    { claim, typ }: { claim: unknown; typ: string },
  ): Promise<boolean> {
    try {
      const { kid } = decodeProtectedHeader(jws);
      const found = this.#ring.keys.find((key) => key.id === kid);
      if (!found) return false;
      const key = await memo(
        this.#public,
        found.id,
        () =>
          importJWK(
            publicKey(found),
            signatureAlgorithm(found.private),
          ) as Promise<CryptoKey>,
      );
      return await verifyClaim(jws, { key, claim, typ });
    } catch {
      return false; // not a JWS at all
    }
  }

  /**
   * HMAC-SHA256 of `value`, for the hub's own eyes, in hex.
   *
   * @param purpose Keeps the uses apart: one's HMAC is no other's.
   */
  async hmac(purpose: string, value: unknown): Promise<string> {
    this.#hmac ??= crypto.subtle.importKey(
      "raw",
      Uint8Array.fromBase64(this.#ring.hmac, { alphabet: "base64url" }),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const text = canonicalJson([purpose, value]);
    const mac = await crypto.subtle.sign(
      "HMAC",
      await this.#hmac,
      new TextEncoder().encode(text),
    );
    return new Uint8Array(mac).toHex();
  }
}

/** Whether `jws` is `key`'s word for exactly `claim`. */
export async function verifyClaim(
  jws: string,
  { key, claim, typ }: { key: CryptoKey; claim: unknown; typ: string },
): Promise<boolean> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, key, {
      algorithms: SIGNATURE_ALGORITHMS,
    });
    return protectedHeader.typ === typ &&
      new TextDecoder().decode(payload) === canonicalJson(claim);
  } catch {
    return false;
  }
}

function memo(
  map: Map<string, Promise<CryptoKey>>,
  id: string,
  make: () => Promise<CryptoKey>,
): Promise<CryptoKey> {
  let made = map.get(id);
  if (!made) map.set(id, made = make());
  return made;
}
