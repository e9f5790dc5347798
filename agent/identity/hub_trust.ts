import { compactVerify, decodeProtectedHeader, importJWK } from "jose";
import { z } from "zod";
import { PublicJwk } from "../../api/plugin_entry.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import { ClaimType, keyId } from "../../api/protocol/claims.ts";
import type { StateFolder } from "../state/state_folder.ts";

const FILE = "trust.json";

const Stored = z.object({
  /** Where the join kubeconfig led that the keys were learned by, as a hash. */
  origin: z.string(),
  keys: z.array(PublicJwk),
});

/** A JWS that does not count, and why. */
export class SignatureError extends Error {
  override name = "SignatureError";
}

/**
 * The hub's public keys as this device knows them. It takes all on its first enrolment; later a key that is new to it
 * only where a key that it knows vouches for it.
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

  /** Whether it is a key of the hub. */
  async knows(key: PublicJwk): Promise<boolean> {
    return this.#keys.has(await keyId(key));
  }

  /**
   * Learns the keys in a credential.
   *
   * @param offered.origin Where the join kubeconfig leads, at an enrolment. Whoever changes that file on the device
   * says by it that the device belongs to another hub, or to one set up anew.
   * @returns Ids of keys that nobody vouches for, which are left out.
   */
  async learn(
    offered: { keys: PublicJwk[]; endorsements?: string[]; origin?: string },
  ): Promise<string[]> {
    const { keys, endorsements = [], origin = this.#origin ?? "" } = offered;
    const fresh = this.#origin !== origin || !this.#keys.size;
    const unknown = new Map<string, PublicJwk>();
    const known = new Map<string, PublicJwk>();
    for (const key of keys) {
      const id = await keyId(key);
      if (fresh || this.#keys.has(id)) known.set(id, key);
      else unknown.set(id, key);
    }
    // A key in between may be one that the hub has since retired.
    const vouchers = new Map([...this.#keys, ...known]);
    let progress = unknown.size > 0;
    while (progress) {
      progress = false;
      for (const jws of endorsements) {
        const id = await this.#endorsed(jws, vouchers);
        const key = id && unknown.get(id);
        if (!key) continue;
        unknown.delete(id);
        known.set(id, key);
        vouchers.set(id, key);
        progress = true;
      }
    }
    if (!known.size) return [...unknown.keys()]; // never left without any
    this.#keys = known;
    this.#origin = origin;
    await this.#state.writeJson(FILE, { origin, keys: [...known.values()] });
    return [...unknown.keys()];
  }

  /** Checks that a JWS is the hub's word for exactly `claim`. @throws SignatureError that says which check failed */
  async verify(jws: string, claim: unknown, typ: string): Promise<void> {
    const kid = headerOf(jws).kid ?? "";
    const key = this.#keys.get(kid);
    if (!key) {
      throw new SignatureError(
        `it is signed by key ${
          kid.slice(0, 16) || "(none)"
        }, which is not a key of the hub that this device knows`,
      );
    }
    await verifyJws(jws, { key, claim, typ });
  }

  async #endorsed(
    jws: string,
    vouchers: Map<string, PublicJwk>,
  ): Promise<string | undefined> {
    try {
      const by = vouchers.get(headerOf(jws).kid ?? "");
      if (!by) return undefined;
      const { payload, protectedHeader } = await compactVerify(
        jws,
        await importJWK({ ...by }, "ES256"),
        { algorithms: ["ES256"] },
      );
      if (protectedHeader.typ !== ClaimType.hubKey) return undefined;
      const { key } = JSON.parse(new TextDecoder().decode(payload));
      return await keyId(PublicJwk.parse(key));
    } catch {
      return undefined; // somebody else's, or damaged: it vouches for nobody
    }
  }
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
      await importJWK({ ...key }, "ES256"),
      { algorithms: ["ES256"] },
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
