import { compactVerify, decodeProtectedHeader, importJWK } from "jose";
import { z } from "zod";
import { PublicJwk } from "../../api/plugin_entry.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import {
  ClaimType,
  keyId,
  SIGNATURE_ALGORITHMS,
  signatureAlgorithm,
} from "../../api/protocol/claims.ts";
import type { StateFolder } from "../state/state_folder.ts";

const FILE = "trust.json";

const Stored = z.object({
  /** {@linkcode HubAnchor} that the keys were learned by. */
  origin: z.string(),
  keys: z.array(PublicJwk),
});

/** A JWS that does not count, and why. */
export class SignatureError extends Error {
  override name = "SignatureError";
}

/** The hub that a join kubeconfig names. */
export interface HubAnchor {
  /**
   * Hash of what it says of the hub. Whoever changes that file on the device says by it that the device belongs to
   * another hub, or to one set up anew.
   */
  origin: string;
  /** Public keys of the hub. */
  keys: PublicJwk[];
}

/** What a hub says of its keys. */
export interface KeyOffer {
  keys: PublicJwk[];
  /** JWS of a HubKeyClaim for those that an older key vouches for, and for those in between. */
  endorsements?: string[];
  /** At an enrolment. */
  anchor?: HubAnchor;
  /** The hub's word for the offer: it counts only where one of the keys that the device then knows has signed this. */
  proof: { jws: string; claim: unknown; typ: string };
}

/**
 * The hub's public keys as this device knows them: at first those that its join kubeconfig names; later a key that is
 * new to it only where one that it knows vouches for it.
 */
export class HubTrust {
  readonly #state: StateFolder;
  #origin: string | undefined;
  #keys = new Map<string, PublicJwk>();

  private constructor(state: StateFolder) {
    this.#state = state;
  }

  static async open(state: StateFolder): Promise<HubTrust> {
    const trust = new HubTrust(state);
    const stored = await state.readJson(FILE, Stored);
    if (stored) {
      trust.#origin = stored.origin;
      for (const key of stored.keys) trust.#keys.set(await keyId(key), key);
    }
    return trust;
  }

  /** How many keys it knows. */
  get size(): number {
    return this.#keys.size;
  }

  /** Whether it is a key of the hub. */
  async knows(key: PublicJwk): Promise<boolean> {
    return this.#keys.has(await keyId(key));
  }

  /**
   * Learns the hub's keys of today; those that it says no more count no more.
   *
   * @returns Ids of keys that nobody vouches for, which are left out.
   * @throws SignatureError where the offer is not the hub's; then nothing has changed.
   */
  async learn(offer: KeyOffer): Promise<string[]> {
    const { anchor, proof } = offer;
    const origin = anchor?.origin ?? this.#origin ?? "";
    const start = anchor && anchor.origin !== this.#origin
      ? await byId(anchor.keys)
      : this.#keys;
    const vouched = await closure(start, offer.endorsements ?? []);
    const known = new Map<string, PublicJwk>();
    const refused: string[] = [];
    for (const [id, key] of await byId(offer.keys)) {
      if (vouched.has(id)) known.set(id, key);
      else refused.push(id);
    }
    await verifyAmong(known, proof);
    this.#keys = known;
    this.#origin = origin;
    await this.#state.writeJson(FILE, { origin, keys: [...known.values()] });
    return refused;
  }

  /** Checks that a JWS is the hub's word for exactly `claim`. @throws SignatureError that says which check failed */
  async verify(jws: string, claim: unknown, typ: string): Promise<void> {
    await verifyAmong(this.#keys, { jws, claim, typ });
  }
}

async function byId(keys: PublicJwk[]): Promise<Map<string, PublicJwk>> {
  const entries = keys.map(async (key) => [await keyId(key), key] as const);
  return new Map(await Promise.all(entries));
}

/** The keys, and all that they vouch for, directly or by others in between. */
async function closure(
  keys: ReadonlyMap<string, PublicJwk>,
  endorsements: string[],
): Promise<Map<string, PublicJwk>> {
  const vouched = new Map(keys);
  let waiting = endorsements;
  while (true) {
    const left: string[] = [];
    for (const jws of waiting) {
      const key = await endorsed(jws, vouched);
      if (key) vouched.set(await keyId(key), key);
      else left.push(jws);
    }
    if (left.length === waiting.length) return vouched;
    waiting = left;
  }
}

async function endorsed(
  jws: string,
  vouchers: ReadonlyMap<string, PublicJwk>,
): Promise<PublicJwk | undefined> {
  try {
    const by = vouchers.get(headerOf(jws).kid ?? "");
    if (!by) return undefined;
    const { payload, protectedHeader } = await compactVerify(
      jws,
      await importJWK({ ...by }, signatureAlgorithm(by)),
      { algorithms: SIGNATURE_ALGORITHMS },
    );
    if (protectedHeader.typ !== ClaimType.hubKey) return undefined;
    const { key } = JSON.parse(new TextDecoder().decode(payload));
    return PublicJwk.parse(key);
  } catch {
    return undefined; // somebody else's, or damaged: it vouches for nobody
  }
}

async function verifyAmong(
  keys: ReadonlyMap<string, PublicJwk>,
  { jws, claim, typ }: KeyOffer["proof"],
): Promise<void> {
  const kid = headerOf(jws).kid ?? "";
  const key = keys.get(kid);
  if (!key) {
    throw new SignatureError(
      `it is signed by key ${
        kid.slice(0, 16) || "(none)"
      }, which is not a key of the hub that this device knows`,
    );
  }
  await verifyJws(jws, { key, claim, typ });
}

/** Checks that a compact JWS is `key`'s word for exactly `claim`. @throws SignatureError */
export async function verifyJws(
  jws: string,
  { key, claim, typ }: { key: PublicJwk; claim: unknown; typ: string },
): Promise<void> {
  let payload: string;
  let header: { typ?: string };
  try {
    const result = await compactVerify(
      jws,
      await importJWK({ ...key }, signatureAlgorithm(key)),
      { algorithms: SIGNATURE_ALGORITHMS },
    );
    payload = new TextDecoder().decode(result.payload);
    header = result.protectedHeader;
  } catch {
    throw new SignatureError("its signature is not valid");
  }
  if (header.typ !== typ) {
    throw new SignatureError(
      `its signature is of a ${header.typ}, not a ${typ}`,
    );
  }
  if (payload !== canonicalJson(claim)) {
    throw new SignatureError("its signature is of something else");
  }
}

function headerOf(jws: string): { kid?: string } {
  try {
    return decodeProtectedHeader(jws);
  } catch {
    throw new SignatureError("its signature is not a JWS");
  }
}
