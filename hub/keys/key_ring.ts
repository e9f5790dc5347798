/**
 * The hub's keys as they are stored, and how they rotate.
 *
 * @module
 */
import {
  CompactSign,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import {
  ClaimType,
  type HubKeyClaim,
  keyId,
  signatureAlgorithm,
} from "../../api/protocol/claims.ts";

/** A signing key. Times are milliseconds since 1970. */
export interface RingKey {
  /** {@linkcode keyId} */
  id: string;
  private: JWK;
  created: number;
  /** When it was replaced. */
  retired?: number;
  /** JWS of the {@linkcode HubKeyClaim} by the key before it; the first has none. */
  endorsement?: string;
}

/** All keys of a hub. Made once; every replica has the same. */
export interface KeyRing {
  /** Id of the key that signs now. */
  current: string;
  keys: RingKey[];
  /**
   * Endorsements of keys that have been dropped, the oldest first: by them a device that was dark for longer than a key
   * is kept, or a join kubeconfig from before, still leads to the keys of today.
   */
  lineage?: string[];
  /** base64url; of what the hub authenticates to itself. */
  hmac: string;
}

/** When keys come and go. Milliseconds. */
export interface RotationTimes {
  /**
   * Between the making of a key and its first use, so that every device that is
   * online has learned it by renewing its credential.
   */
  overlap: number;
  /** How long a replaced key still counts. */
  retention: number;
}

/** Most links of the lineage: what a credential carries has to stay small. */
const LINEAGE = 32;

/** The public part of a stored key. */
export function publicKey(key: RingKey): PublicJwk {
  const { kty, crv, x, y } = key.private;
  return { kty: kty!, crv: crv!, x: x!, ...(y ? { y } : {}) };
}

/** A new ring with one key. */
export async function createKeyRing(now: number): Promise<KeyRing> {
  const first = await createKey(now);
  const hmac = crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  return { current: first.id, keys: [first], hmac };
}

/** The ring with a key more, signed by the current one, that is not in use yet. */
export async function withNextKey(
  ring: KeyRing,
  now: number,
): Promise<KeyRing> {
  const current = currentKey(ring);
  const next = await createKey(now);
  const claim: HubKeyClaim = { key: publicKey(next) };
  const alg = signatureAlgorithm(current.private);
  next.endorsement = await new CompactSign(
    new TextEncoder().encode(canonicalJson(claim)),
  ).setProtectedHeader({
    alg,
    kid: current.id,
    typ: ClaimType.hubKey,
  }).sign(await importJWK(current.private, alg));
  return { ...ring, keys: [...ring.keys, next] };
}

/** The ring as it ought to be at `now`; the same object where nothing is due. */
export function rotateDue(
  ring: KeyRing,
  options: RotationTimes & { now: number },
): KeyRing {
  const { now, overlap, retention } = options;
  const current = currentKey(ring);
  const next = nextKey(ring);
  let result = ring;
  if (next && now - next.created >= overlap) {
    result = {
      ...ring,
      current: next.id,
      keys: ring.keys.map((key) =>
        key === current ? { ...key, retired: now } : key
      ),
    };
  }
  const kept = result.keys.filter((key) =>
    key.retired === undefined || now - key.retired < retention
  );
  if (kept.length === result.keys.length) return result;
  const dropped = result.keys.filter((key) => !kept.includes(key));
  const lineage = [
    ...result.lineage ?? [],
    ...dropped.flatMap(({ endorsement }) => endorsement ?? []),
  ].slice(-LINEAGE);
  return { ...result, keys: kept, lineage };
}

/** When {@linkcode rotateDue} has something to do next, if ever. */
export function nextRotation(
  ring: KeyRing,
  { overlap, retention }: RotationTimes,
): number | undefined {
  const next = nextKey(ring);
  const times = ring.keys.flatMap((key) =>
    key.retired === undefined ? [] : [key.retired + retention]
  );
  if (next) times.push(next.created + overlap);
  return times.length ? Math.min(...times) : undefined;
}

/** The key that signs now. */
export function currentKey(ring: KeyRing): RingKey {
  const key = ring.keys.find((k) => k.id === ring.current);
  if (!key) {
    throw new Error(
      `Cannot use the hub's keys: the current one, ${ring.current}, is not among them`,
    );
  }
  return key;
}

/** The key that has been made but does not sign yet. */
export function nextKey(ring: KeyRing): RingKey | undefined {
  return ring.keys.find((key) =>
    key.id !== ring.current && key.retired === undefined
  );
}

async function createKey(now: number): Promise<RingKey> {
  // A tenth of what ES256 takes, and there is a signature for each device of a change.
  const pair = await generateKeyPair("Ed25519", { extractable: true });
  const { kty, crv, x, d } = await exportJWK(pair.privateKey);
  const jwk = { kty: kty!, crv: crv!, x: x! };
  return { id: await keyId(jwk), private: { ...jwk, d }, created: now };
}
