import { Agent } from "../../api/agent.ts";
import { AGENT_MANAGER } from "../../api/names.ts";
import { Backoff } from "../../kube/backoff.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import { LinkedSignal } from "../../kube/linked_signal.ts";
import type { Logger } from "../../kube/log.ts";
import { applyStatus } from "../../kube/status.ts";

/** Options of {@linkcode StatusReporter}. */
export interface StatusReporterOptions {
  client: KubeClient;
  /** The Agent as it is known now; undefined before it is. */
  agent(): Agent | undefined;
  /** The device's part of its status. */
  status(agent: Agent): NonNullable<Agent["status"]>;
  clock: Clock;
  log: Logger;
  /** Least time between two writes, in milliseconds. @default {250} */
  interval?: number;
  /** The same where only what plugins report of themselves changed. @default {30000} */
  summaryInterval?: number;
}

/** Writes the device's part of its Agent's status, changes gathered, and nothing where nothing changed. */
export class StatusReporter {
  readonly #options: StatusReporterOptions;
  #due = Infinity;
  #last = -Infinity;
  #changed = Promise.withResolvers<void>();

  constructor(options: StatusReporterOptions) {
    this.#options = options;
  }

  /** Says that there is something new. */
  change({ urgent }: { urgent: boolean }): void {
    const { interval = 250, summaryInterval = 30_000, clock } = this.#options;
    const now = clock.now();
    // A clock that was set back cannot tell how long ago it was.
    this.#last = Math.min(this.#last, now);
    const due = Math.max(
      now,
      this.#last + (urgent ? interval : summaryInterval),
    );
    if (due >= this.#due) return;
    this.#due = due;
    this.#changed.resolve();
  }

  /** Writes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const backoff = new Backoff({ base: 1000, max: 60_000 });
    while (!signal.aborted) {
      try {
        await this.#untilDue(signal);
        await this.write(signal);
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        log.warn("Cannot write the status yet", {
          error: (error as Error).message,
        });
        await clock.sleep(backoff.next(), signal).catch(() => {});
        this.change({ urgent: true });
      }
    }
  }

  /** Writes now. */
  async write(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const agent = this.#options.agent();
    this.#due = Infinity;
    this.#last = clock.now();
    if (!agent) return;
    await applyStatus(client, Agent, agent, this.#options.status(agent), {
      fieldManager: AGENT_MANAGER,
      signal,
    });
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    const { clock, interval = 250, summaryInterval = 30_000 } = this.#options;
    const longest = Math.max(interval, summaryInterval);
    while (true) {
      const waiting = this.#due !== Infinity;
      const wait = this.#due - clock.now();
      if (wait <= 0) return;
      using linked = new LinkedSignal(signal);
      this.#changed = Promise.withResolvers();
      void this.#changed.promise.then(() => linked.abort());
      try {
        // Ends early where something comes that is due sooner.
        await clock.sleep(
          Math.min(wait, waiting ? longest : 2 ** 30),
          linked.signal,
        );
        // By a clock that was set back it would not be due for long.
        if (waiting) return;
      } catch {
        signal.throwIfAborted();
      }
    }
  }
}
