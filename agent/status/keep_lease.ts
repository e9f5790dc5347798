import { Backoff } from "../../kube/backoff.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Logger } from "../../kube/log.ts";
import { renewLease } from "../../kube/renew_lease.ts";

/** Options of {@linkcode keepLease}. */
export interface KeepLeaseOptions {
  client: KubeClient;
  namespace: string;
  /** Of the Agent, and so of its Lease. */
  name: string;
  /** Milliseconds between two renewals; a tenth of it is left to chance. */
  interval: number;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/** Says again and again that the device is here, until the signal aborts. */
export async function keepLease(options: KeepLeaseOptions): Promise<void> {
  const { client, namespace, name, interval, clock, log, signal } = options;
  const backoff = new Backoff({ base: 1000, max: interval });
  while (!signal.aborted) {
    let wait = interval * (0.95 + Math.random() / 10);
    try {
      await renewLease({
        client,
        namespace,
        name,
        identity: name,
        // Three renewals, so that one that is lost does no harm.
        leaseDurationSeconds: Math.ceil(interval * 3 / 1000),
        clock,
        signal,
      });
      backoff.reset();
    } catch (error) {
      if (signal.aborted) return;
      wait = backoff.next();
      log.debug("Cannot renew the Lease yet", {
        error: (error as Error).message,
      });
    }
    await clock.sleep(wait, signal).catch(() => {});
  }
}
