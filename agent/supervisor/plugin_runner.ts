import type { PluginState } from "../../api/agent.ts";
import { Backoff, type BackoffOptions } from "../../kube/backoff.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Logger } from "../../kube/log.ts";
import { type HostProcess, PluginEnded } from "./host_process.ts";
import type { PluginSpec } from "./plugin_spec.ts";

/** A run that long clears the back-off, in milliseconds. */
const GOOD_RUN = 60_000;
/** Deaths of a shared host that a plugin was in, after which it gets a host of its own. */
const SHARED_DEATHS = 3;

/** Options of {@linkcode startPluginRunner}. */
export interface PluginRunnerOptions {
  /** A host for it: the shared one, or its own. */
  host(spec: PluginSpec, how: { shared: boolean }): HostProcess;
  /** Says that {@linkcode PluginRunner.state} changed. `urgent` is false for a new summary only. */
  onChange(urgent: boolean): void;
  /** Milliseconds that it has to stop. */
  stopTimeout: number;
  /** Delays between restarts. */
  backoff?: BackoffOptions;
  log: Logger;
  clock: Clock;
}

/** Keeps one plugin running. */
export interface PluginRunner {
  readonly spec: PluginSpec;
  readonly state: PluginState;
  /** Ends it; resolves when it has stopped. */
  stop(): Promise<void>;
}

/** Starts a plugin, and again with exponential back-off whenever it ends. */
export function startPluginRunner(
  spec: PluginSpec,
  options: PluginRunnerOptions,
): PluginRunner {
  const { clock, onChange } = options;
  const log = options.log.with({ plugin: spec.id, version: spec.version });
  const controller = new AbortController();
  const { signal } = controller;
  const backoff = new Backoff({
    base: 1000,
    max: 300_000,
    jitter: 0.2,
    ...options.backoff,
  });
  let hostDeaths = 0;
  let state: PluginState = {
    name: spec.object.name,
    kind: spec.object.kind,
    type: spec.object.type,
    version: spec.version,
    phase: "Provisioning",
    restarts: 0,
  };
  const set = (change: Partial<PluginState>) => {
    state = { ...state, ...change };
    onChange(true);
  };

  async function once(): Promise<void> {
    await Deno.mkdir(spec.stateDir, { recursive: true, mode: 0o700 });
    const shared = spec.shared && hostDeaths < SHARED_DEATHS;
    await options.host(spec, { shared }).run(spec, {
      signal,
      stopTimeout: options.stopTimeout,
      log,
      onPhase(phase) {
        if (phase === "Running") log.info("Plugin runs");
        set({
          phase,
          ...(phase === "Running" ? { message: undefined } : {}),
        });
      },
      onSummary(summary) {
        const first = !state.summary;
        state = { ...state, summary };
        onChange(first);
      },
    });
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const started = clock.now();
      try {
        await once();
        if (signal.aborted) break;
      } catch (error) {
        if (signal.aborted) break;
        const message = (error as Error).message;
        const ended = error instanceof PluginEnded ? error : undefined;
        if (ended?.terminal) {
          log.error("Plugin cannot run", { error: message });
          set({ phase: "Failed", message });
          return;
        }
        if (ended?.hostDied) hostDeaths++;
        if (clock.now() - started >= GOOD_RUN) {
          backoff.reset();
          hostDeaths = Math.min(hostDeaths, 1);
        }
        const delay = backoff.next();
        log.warn("Plugin ended; it is started again", {
          error: message,
          afterMs: Math.round(delay),
        });
        set({
          phase: "BackOff",
          message,
          restarts: (state.restarts ?? 0) + 1,
          summary: undefined,
        });
        try {
          await clock.sleep(delay, signal);
        } catch {
          break;
        }
      }
    }
  }

  const done = loop().finally(() => {
    if (signal.aborted) state = { ...state, phase: "Stopped" };
  });
  return {
    spec,
    get state() {
      return state;
    },
    async stop() {
      controller.abort(new DOMException("The plugin is to stop", "AbortError"));
      await done;
    },
  };
}
