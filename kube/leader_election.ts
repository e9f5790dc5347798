import type { KubeClient } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { formatMicroTime } from "./conditions.ts";
import { runFenced } from "./fence.ts";
import { isAlreadyExists, isConflict } from "./kube_api_error.ts";
import { type Lease, LEASES } from "./lease.ts";
import { LinkedSignal } from "./linked_signal.ts";
import { type Logger, silentLogger } from "./log.ts";

/** Options of {@linkcode runWithLease}. */
export interface LeaderElectionOptions {
  client: KubeClient;
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Of this process, unlike any other's. */
  identity: string;
  /**
   * What only the holder does. Has to stop when its signal aborts. Whatever it
   * began writes nothing once the Lease may be another's.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Others wait that long for a sign of life, in ms. @default {15000} */
  leaseDuration?: number;
  /** A holder that cannot renew for that long stops, in ms. @default {10000} */
  renewDeadline?: number;
  /** Time between attempts to get or renew it, in ms. @default {2000} */
  retryPeriod?: number;
  /** Time between renewals, in ms; after one that failed, `retryPeriod`. @default `retryPeriod` */
  renewPeriod?: number;
  /** Called with who leads, whenever that is found to be another than before. */
  onNewLeader?(identity: string): void;
  log?: Logger;
  clock?: Clock;
  /** @default {Math.random} */
  random?: () => number;
  /** Ends it: `run` is stopped, and the Lease let go of. */
  signal: AbortSignal;
}

type Options = Required<LeaderElectionOptions>;

/** By how much of it a period may be longer. */
const JITTER = 0.2;

/**
 * Runs something in one process at a time, by a Lease; as client-go's
 * `leaderelection`.
 *
 * Waits until it holds the Lease, runs, and renews it meanwhile. Where the
 * Lease is lost, `run` is stopped and the waiting begins again. The clocks of
 * the processes need not agree: what counts is how long one has seen no change
 * by one's own.
 *
 * @returns when `run` has returned by itself, or the signal has ended it
 * @throws what `run` throws, unless it was told to stop
 */
export async function runWithLease(
  options: LeaderElectionOptions,
): Promise<void> {
  const settings: Options = {
    ...options,
    leaseDuration: options.leaseDuration ?? 15_000,
    renewDeadline: options.renewDeadline ?? 10_000,
    retryPeriod: options.retryPeriod ?? 2000,
    renewPeriod: options.renewPeriod ?? options.retryPeriod ?? 2000,
    onNewLeader: (identity) => options.onNewLeader?.(identity),
    log: options.log ?? silentLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  const { signal } = settings;
  if (settings.renewDeadline >= settings.leaseDuration) {
    throw new Error(
      `Cannot elect a leader by Lease ${settings.name}: renewDeadline (${settings.renewDeadline} ms) has to be less than leaseDuration (${settings.leaseDuration} ms)`,
    );
  }
  if (settings.renewPeriod * (1 + JITTER) >= settings.renewDeadline) {
    throw new Error(
      `Cannot elect a leader by Lease ${settings.name}: renewPeriod (${settings.renewPeriod} ms), up to a fifth longer by chance, has to be less than renewDeadline (${settings.renewDeadline} ms)`,
    );
  }
  const log = settings.log
    .with({ lease: settings.name, identity: settings.identity });
  const elector = new Elector(settings, log);
  while (!signal.aborted) {
    if (!await elector.acquire()) return;
    log.info("Became the leader");
    const finished = await lead(elector, settings);
    if (finished) return;
    if (!signal.aborted) log.warn("Lost the Lease; no longer the leader");
  }
}

/** @returns whether `run` is over for good */
async function lead(elector: Elector, settings: Options): Promise<boolean> {
  using stop = new LinkedSignal(settings.signal);
  using renewing = new LinkedSignal(settings.signal);
  let over = false;
  // Of this term: who is elected again begins anew.
  const mayWrite = () => !over && elector.holds();
  const work = runFenced(
    mayWrite,
    async () => await settings.run(stop.signal),
  );
  const renewal = elector.renewUntil(renewing.signal).finally(() => {
    // Where it is told to stop it still has the Lease, and may finish.
    if (!renewing.signal.aborted) over = true;
    // Not one instant longer than the Lease is ours.
    stop.abort(new Error(`Lost Lease ${settings.name}`));
  });
  let byItself = false;
  try {
    await work;
    byItself = !stop.signal.aborted;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    renewing.abort();
    await renewal;
    over = true;
    // Only now that nothing of ours runs any more.
    await elector.release();
  }
  return byItself || settings.signal.aborted;
}

class Elector {
  readonly #settings: Options;
  readonly #log: Logger;
  /** The Lease as seen last, and when its spec was first seen like that. */
  #lease: Lease | undefined;
  #seenAt = -Infinity;
  /** Who was seen to lead last. */
  #leader: string | undefined;
  /** When the last request that made it ours began; others count from when it was answered, or later. */
  #renewedAt = -Infinity;

  constructor(settings: Options, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** Tries until it holds the Lease. @returns false where the signal ended it */
  async acquire(): Promise<boolean> {
    const { signal, retryPeriod } = this.#settings;
    while (!signal.aborted) {
      try {
        if (await this.#tryOnce(signal)) return true;
      } catch (error) {
        if (signal.aborted) break;
        this.#log.warn("Cannot get a Lease; will try again", { error });
      }
      await this.#pause(retryPeriod, signal);
    }
    return false;
  }

  /** Whether the Lease is ours for certain, also if this process has stood still. */
  holds(): boolean {
    const { clock, renewDeadline } = this.#settings;
    return clock.now() < this.#renewedAt + renewDeadline;
  }

  /** Returns when the Lease is lost, or could not be renewed in time. */
  async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock, renewDeadline, renewPeriod, retryPeriod } = this.#settings;
    let period = renewPeriod;
    while (!signal.aborted) {
      await this.#pause(period, signal);
      if (signal.aborted) return;
      period = renewPeriod;
      const left = this.#renewedAt + renewDeadline - clock.now();
      if (left <= 0) return;
      const attempt = new AbortController();
      const over = new AbortController();
      const limit = clock.sleep(left, over.signal).then(
        () => attempt.abort(new DOMException("Renewal is due", "TimeoutError")),
        () => {}, // the attempt was in time
      );
      using link = new LinkedSignal(signal, attempt.signal);
      try {
        if (!await this.#tryOnce(link.signal)) return;
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn("Cannot renew a Lease", { error });
        period = retryPeriod;
      } finally {
        over.abort();
        await limit;
      }
    }
  }

  /** Lets go of the Lease, so that others need not wait. Never throws. */
  async release(): Promise<void> {
    const { client, identity, namespace } = this.#settings;
    if (this.#lease?.spec?.holderIdentity !== identity) return;
    // The signal has aborted by now; this short last word has its own limit.
    using limit = new LinkedSignal();
    limit.deadline(5000, "Letting go of a Lease took too long");
    try {
      await client.update<Lease>(LEASES, {
        ...this.#lease,
        spec: {
          ...this.#lease.spec,
          holderIdentity: "",
          leaseDurationSeconds: 1,
        },
      }, { namespace, signal: limit.signal });
    } catch (error) {
      if (!isConflict(error)) {
        this.#log.debug("Cannot let go of a Lease", { error });
      }
    }
    this.#lease = undefined;
  }

  async #pause(period: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#settings;
    // Those that wait should not all ask at the same instant.
    const ms = period * (1 + JITTER * random());
    await clock.sleep(ms, signal).catch(() => {});
  }

  /** @returns whether the Lease is ours now */
  async #tryOnce(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity, clock } = this.#settings;
    const now = clock.now();
    const live = await client.tryGet<Lease>(LEASES, name, {
      namespace,
      signal,
    });
    if (!live) return await this.#create(signal);
    const { resourceVersion } = live.metadata;
    if (this.#lease?.metadata.resourceVersion !== resourceVersion) {
      this.#lease = live;
      this.#seenAt = now;
    }
    const { holderIdentity, leaseDurationSeconds, leaseTransitions = 0 } =
      live.spec ?? {};
    const ours = holderIdentity === identity;
    // As long as the holder promised, which may have other settings than us.
    const patience = Math.max(
      (leaseDurationSeconds ?? 0) * 1000,
      this.#settings.leaseDuration,
    );
    if (holderIdentity && !ours && now < this.#seenAt + patience) {
      this.#saw(holderIdentity);
      return false;
    }
    try {
      this.#lease = await client.update<Lease>(LEASES, {
        ...live, // with its resourceVersion: of two that try, one succeeds
        spec: {
          ...live.spec,
          ...this.#claim(),
          acquireTime: ours ? live.spec?.acquireTime : this.#claim().renewTime,
          leaseTransitions: ours ? leaseTransitions : leaseTransitions + 1,
        },
      }, { namespace, signal });
      this.#seenAt = now;
      this.#renewedAt = now;
      this.#saw(identity);
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, clock } = this.#settings;
    const claim = this.#claim();
    const now = clock.now();
    try {
      this.#lease = await client.create<Lease>(LEASES, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace },
        spec: { ...claim, acquireTime: claim.renewTime, leaseTransitions: 0 },
      }, { signal });
      this.#renewedAt = now;
      this.#saw(this.#settings.identity);
      return true;
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    }
  }

  /** Takes note of who leads. */
  #saw(leader: string): void {
    if (leader === this.#leader) return;
    this.#leader = leader;
    if (leader !== this.#settings.identity) {
      this.#log.info("Another one leads; standing by", { leader });
    }
    this.#settings.onNewLeader(leader);
  }

  #claim() {
    const { identity, leaseDuration, clock } = this.#settings;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDuration / 1000),
      renewTime: formatMicroTime(clock.now()),
    };
  }
}
