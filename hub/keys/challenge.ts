import { type Clock, systemClock } from "../../kube/clock.ts";
import type { HubKeys } from "./hub_keys.ts";

/** What a challenge was given to. */
export interface ChallengeSubject {
  namespace: string;
  enrollment: string;
}

/** How long a challenge can be answered, in milliseconds. */
const LIFETIME = 60_000;
const PURPOSE = "device-challenge";

/**
 * Challenges that devices sign to show that they hold their key.
 *
 * A challenge carries its own expiry and the hub's HMAC, so that the replica
 * that gave it need not be the one that gets the answer. Each counts once on
 * each replica; the answer to a second use is encrypted to the very device.
 */
export class Challenges {
  readonly #keys: HubKeys;
  readonly #clock: Clock;
  /** Used ones by the time they expire. */
  readonly #used = new Map<string, number>();

  constructor(keys: HubKeys, options: { clock?: Clock } = {}) {
    this.#keys = keys;
    this.#clock = options.clock ?? systemClock;
  }

  async issue(subject: ChallengeSubject): Promise<string> {
    const nonce = crypto.getRandomValues(new Uint8Array(16)).toHex();
    const expires = this.#clock.now() + LIFETIME;
    const mac = await this.#mac(subject, nonce, expires);
    return `${nonce}.${expires}.${mac}`;
  }

  /** Whether the challenge was given to `subject` a moment ago and is used for the first time. */
  async redeem(challenge: string, subject: ChallengeSubject): Promise<boolean> {
    const [nonce = "", expiry = "", mac = ""] = challenge.split(".");
    const expires = Number(expiry);
    const now = this.#clock.now();
    if (!(expires > now) || expires > now + LIFETIME) return false;
    if (!equal(mac, await this.#mac(subject, nonce, expires))) return false;
    for (const [key, time] of this.#used) {
      if (time > now) break; // in the order of expiry, nearly
      this.#used.delete(key);
    }
    if (this.#used.has(nonce)) return false;
    this.#used.set(nonce, expires);
    return true;
  }

  #mac(
    { namespace, enrollment }: ChallengeSubject,
    nonce: string,
    expires: number,
  ): Promise<string> {
    const value = { namespace, enrollment, nonce, expires };
    return this.#keys.hmac(PURPOSE, value);
  }
}

/** Compares without telling by time where two strings differ. */
export function equal(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  }
  return difference === 0;
}
