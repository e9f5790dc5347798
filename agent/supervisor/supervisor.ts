import type { PluginState } from "../../api/agent.ts";
import type { BackoffOptions } from "../../kube/backoff.ts";
import { type Clock, systemClock } from "../../kube/clock.ts";
import type { Logger } from "../../kube/log.ts";
import {
  type HostProcess,
  type PluginApi,
  startHostProcess,
} from "./host_process.ts";
import { type PluginRunner, startPluginRunner } from "./plugin_runner.ts";
import type { PluginSpec } from "./plugin_spec.ts";

/** Options of {@linkcode Supervisor}. */
export interface SupervisorOptions {
  /** Program and arguments that run a plugin host. */
  command: string[];
  api: PluginApi;
  log: Logger;
  /** Memory of the host that plugins of the hub share, in bytes. @default 512 MiB */
  sharedMemoryLimit?: number;
  /** Memory of any other host, in bytes. @default 256 MiB */
  memoryLimit?: number;
  /** Milliseconds that a plugin has to stop. @default {5000} */
  stopTimeout?: number;
  /** Delays between restarts. @default 1 s doubling up to 5 min */
  backoff?: BackoffOptions;
  clock?: Clock;
}

/** Keeps a set of plugins running, in host processes. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #runners = new Map<string, PluginRunner>();
  readonly #hosts = new Map<string, HostProcess>();
  readonly #listeners = new Set<(urgent: boolean) => void>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** States of all plugins, in order of their ids. */
  states(): PluginState[] {
    return [...this.#runners].sort(([a], [b]) => a < b ? -1 : 1)
      .map(([, { state }]) => JSON.parse(JSON.stringify(state)));
  }

  /** State of one plugin. */
  state(id: string): PluginState | undefined {
    return this.#runners.get(id)?.state;
  }

  /** Whether that very instance is what runs. */
  has(spec: PluginSpec): boolean {
    return this.#runners.get(spec.id)?.spec.fingerprint === spec.fingerprint;
  }

  /** Calls `listener` when a state changes; `urgent` is false for new summaries. */
  onChange(listener: (urgent: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes exactly `specs` run. What is the same goes on undisturbed; all that must go has stopped before anything
   * starts, since the new may need its ports and files.
   *
   * @returns Ids of what was started.
   */
  async apply(specs: PluginSpec[]): Promise<string[]> {
    const wanted = new Map(specs.map((spec) => [spec.id, spec]));
    const gone = [...this.#runners].filter(([id, { spec }]) =>
      wanted.get(id)?.fingerprint !== spec.fingerprint
    );
    await Promise.all(gone.map(async ([id, runner]) => {
      await runner.stop();
      this.#runners.delete(id);
    }));
    const started: string[] = [];
    for (const spec of specs) {
      if (this.#runners.has(spec.id)) continue;
      started.push(spec.id);
      this.#runners.set(
        spec.id,
        startPluginRunner(spec, {
          host: (spec, how) => this.#host(spec, how),
          onChange: (urgent) => this.#changed(urgent),
          stopTimeout: this.#options.stopTimeout ?? 5000,
          backoff: this.#options.backoff,
          log: this.#options.log,
          clock: this.#options.clock ?? systemClock,
        }),
      );
    }
    await this.#closeIdleHosts();
    if (gone.length || started.length) this.#changed(true);
    return started;
  }

  /** Stops all plugins and hosts. */
  async stop(): Promise<void> {
    await this.apply([]);
  }

  #changed(urgent: boolean): void {
    for (const listener of this.#listeners) listener(urgent);
  }

  #host(spec: PluginSpec, { shared }: { shared: boolean }): HostProcess {
    const name = shared ? "shared" : spec.id;
    const present = this.#hosts.get(name);
    if (present?.alive) return present;
    const { command, api, log } = this.#options;
    const { sharedMemoryLimit = 512 * 2 ** 20, memoryLimit = 256 * 2 ** 20 } =
      this.#options;
    const host = startHostProcess({
      command,
      name,
      memoryLimit: shared ? sharedMemoryLimit : memoryLimit,
      api,
      log,
    });
    this.#hosts.set(name, host);
    return host;
  }

  async #closeIdleHosts(): Promise<void> {
    const ids = new Set(this.#runners.keys());
    const shared = [...this.#runners.values()].some(({ spec }) => spec.shared);
    const idle = [...this.#hosts].filter(([name]) =>
      name === "shared" ? !shared : !ids.has(name)
    );
    await Promise.all(idle.map(([name, host]) => {
      this.#hosts.delete(name);
      return host.close();
    }));
  }
}
