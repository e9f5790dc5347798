import type { Device } from "../../api/device.ts";
import { Backoff } from "../../kube/backoff.ts";
import type { Clock } from "../../kube/clock.ts";
import { LinkedSignal } from "../../kube/linked_signal.ts";
import type { Logger } from "../../kube/log.ts";
import type { StateFolder } from "../state/state_folder.ts";
import {
  type HeldCredential,
  isExpired,
  loadCredential,
  type OpenedCredential,
  renewalTime,
  saveCredential,
} from "./credential.ts";
import { type DeviceKeys, openDeviceKeys } from "./device_keys.ts";
import { enroll } from "./enroll.ts";
import { HubHttpError } from "./hub_http.ts";
import { HubTrust } from "./hub_trust.ts";
import { readJoinConfig } from "./join_config.ts";
import { renewCredential } from "./renew.ts";

/** A token younger than that is not replaced because it was refused, in milliseconds. */
const FRESH = 10_000;
/** Longest sleep before the clock is looked at again, which may have been set right meanwhile, in milliseconds. */
const LOOK_AGAIN = 600_000;
/** Time to be let in again by the join kubeconfig before the hub is asked anew, in milliseconds. */
const REJOIN = 300_000;

/** Options of {@linkcode Identity.open}. */
export interface IdentityOptions {
  state: StateFolder;
  kubeconfigPath: string;
  name?: string;
  device: Device;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/** Who this device is: its keys, its credential, and the hub that it trusts. */
export class Identity {
  readonly keys: DeviceKeys;
  readonly trust: HubTrust;
  readonly #options: IdentityOptions;
  readonly #listeners = new Set<(credential: HeldCredential) => void>();
  #credential: HeldCredential | undefined;
  #renewing: Promise<HeldCredential> | undefined;
  #enrolling: Promise<HeldCredential> | undefined;

  private constructor(
    options: IdentityOptions,
    parts: { keys: DeviceKeys; trust: HubTrust; credential?: HeldCredential },
  ) {
    this.#options = options;
    this.keys = parts.keys;
    this.trust = parts.trust;
    this.#credential = parts.credential;
  }

  /** Opens what the state folder has; makes keys where it has none. Needs no network. */
  static async open(options: IdentityOptions): Promise<Identity> {
    const { state, log } = options;
    const keys = await openDeviceKeys(state);
    const trust = await HubTrust.open(state);
    let credential: HeldCredential | undefined;
    try {
      credential = await loadCredential(state);
    } catch (error) {
      // The keys are what counts: with them the device enrols again.
      log.error("The credential on disk is of no use", {
        error: (error as Error).message,
      });
    }
    // Without a key to know the hub by it could not be renewed either.
    if (!trust.size) credential = undefined;
    if (credential) {
      const { agent, namespace, server } = credential;
      log.info("Has joined already", { agent, namespace, server });
    }
    const { name } = options;
    if (credential && name !== undefined && name !== credential.agent) {
      // It runs on: a device must not go dark for a word on its command line.
      log.warn("Another name than the device has joined by is ignored", {
        name,
        agent: credential.agent,
      });
    }
    return new Identity(options, { keys, trust, credential });
  }

  /** The credential at hand, be it expired; undefined before the first enrolment. */
  get credential(): HeldCredential | undefined {
    return this.#credential;
  }

  /** Calls `listener` with each new credential. */
  onCredential(listener: (credential: HeldCredential) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The credential; enrols where there is none. */
  async require(): Promise<HeldCredential> {
    return this.#credential ?? await this.#enroll();
  }

  /** The bearer token. @param options.refresh Get another: that one was refused. */
  async token({ refresh }: { refresh: boolean }): Promise<string> {
    const held = await this.require();
    const now = this.#options.clock.now();
    if (!refresh && !isExpired(held, now)) return held.token;
    // A server that refuses a brand-new token will refuse the next one, too.
    const age = now - held.received;
    if (age >= 0 && age < FRESH) return held.token;
    return (await this.renew()).token;
  }

  /** Gets a new credential now; calls at the same time share it. @throws HubHttpError or a network error */
  renew(): Promise<HeldCredential> {
    this.#renewing ??= this.#renew().finally(() => this.#renewing = undefined);
    return this.#renewing;
  }

  /** Renews well before each expiry, until the signal aborts. */
  async keepFresh(): Promise<void> {
    const { clock, signal, log } = this.#options;
    const backoff = new Backoff({ base: 5_000, max: 300_000 });
    // Spread a little, so that a fleet that enrolled together does not renew together.
    const early = Math.random() * 0.15;
    while (!signal.aborted) {
      const held = await this.require();
      const due = renewalTime(held);
      const now = clock.now();
      // A clock that was set back cannot tell how old the credential is.
      const wait = held.received > now
        ? 0
        : due - (due - held.received) * early - now;
      try {
        if (wait > 0) await clock.sleep(Math.min(wait, LOOK_AGAIN), signal);
        else {
          await this.renew();
          backoff.reset();
        }
      } catch (error) {
        if (signal.aborted) return;
        log.warn("Cannot renew the credential yet", {
          error: (error as Error).message,
        });
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }

  async #renew(): Promise<HeldCredential> {
    const { signal, log } = this.#options;
    const held = await this.require();
    try {
      const { keys, trust } = this;
      const next = await renewCredential(held, { keys, trust, signal });
      const renewed = await this.#take(next);
      log.info("Renewed the credential", { expires: renewed.tokenExpires });
      return renewed;
    } catch (error) {
      const unknown = error instanceof HubHttpError &&
        (error.status === 404 || error.status === 410);
      if (!unknown) throw error;
      log.warn("The hub does not know this device; it enrols again", {
        error: error.message,
      });
      return await this.#enroll();
    }
  }

  #enroll(): Promise<HeldCredential> {
    this.#enrolling ??= this.#join().finally(() => this.#enrolling = undefined);
    return this.#enrolling;
  }

  async #join(): Promise<HeldCredential> {
    const { kubeconfigPath, name, device, clock, log } = this.#options;
    const join = await readJoinConfig(kubeconfigPath, { name });
    log.info("Enrolling", {
      server: join.cluster.server,
      namespace: join.namespace,
      agent: join.agent,
      enrollment: this.keys.id,
    });
    using joining = new LinkedSignal(this.#options.signal);
    const { signal } = joining;
    const known = this.#credential;
    if (known) {
      // Not for ever: it may have been a proxy's 404, and the join token may have expired long ago.
      clock.sleep(REJOIN, signal).then(
        () =>
          joining.abort(
            new Error(
              `The hub at ${known.hubURL} does not know this device, and the one of ${kubeconfigPath} has not let it in again; make a new kubeconfig by: kubectl faros agent generate`,
            ),
          ),
        () => {},
      );
    }
    const opened = await enroll({
      join,
      keys: this.keys,
      trust: this.trust,
      device,
      clock,
      log,
      signal,
    }).finally(() => joining.abort());
    const held = await this.#take(opened);
    log.info("Enrolled", {
      agent: held.agent,
      namespace: held.namespace,
      uid: held.agentUID,
    });
    return held;
  }

  async #take(
    { credential, refusedKeys }: OpenedCredential,
  ): Promise<HeldCredential> {
    const { state, log, clock } = this.#options;
    if (refusedKeys.length) {
      log.error("Keys that no known key of the hub vouches for are ignored", {
        keys: refusedKeys,
      });
    }
    const held = { ...credential, received: clock.now() };
    await saveCredential(state, held);
    this.#credential = held;
    for (const listener of this.#listeners) listener(held);
    return held;
  }
}
