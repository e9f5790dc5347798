/**
 * Runs a plugin in this process, for its tests.
 *
 * @module
 */
import type { KubeObject } from "../../api/meta.ts";
import { aborted } from "./aborted.ts";
import { type LifePhase, runLifeCycle } from "./life_cycle.ts";
import { createMetrics } from "./metrics.ts";
import type {
  LogFields,
  Plugin,
  PluginClient,
  PluginContext,
  SystemFacts,
} from "./types.ts";

/** Options of {@linkcode runForTest}. */
export interface RunForTestOptions {
  /** As in a manifest; defaults are filled in. @default {{}} */
  config?: unknown;
  /** Name of the plugin object. @default {"test"} */
  name?: string;
  /** What the Kubernetes API has. @default nothing */
  objects?: KubeObject[];
  /** What the device says. @default every question is refused */
  system?: Partial<SystemFacts>;
}

/** A plugin that runs. */
export interface TestRun extends AsyncDisposable {
  readonly context: PluginContext<unknown>;
  readonly phase: LifePhase | undefined;
  /** The summary that it reported last. */
  readonly summary: Record<string, unknown> | undefined;
  readonly logs: { level: string; message: string; fields?: LogFields }[];
  /** Resolves with the first summary for which `accept` holds. Rejects where the plugin ends before. */
  untilStatus(
    accept?: (summary: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown>>;
  /** Asks it to stop. @throws what the plugin threw */
  stop(): Promise<void>;
}

/**
 * Starts a plugin with a state folder of its own, which goes when it stops.
 *
 * The plugin has the permissions of the test: that it gets on with those that it declares shows in a host only.
 *
 * @throws ConfigError
 */
export async function runForTest(
  plugin: Plugin,
  options: RunForTestOptions = {},
): Promise<TestRun> {
  const { objects = [], name = "test" } = options;
  const { kind, type } = plugin.provides[0]!;
  const config = plugin.parseConfig(options.config ?? {});
  const stateDir = await Deno.makeTempDir({ prefix: "faros-plugin-" });
  const controller = new AbortController();
  const logs: TestRun["logs"] = [];
  const waiting = new Set<() => void>();
  let summary: Record<string, unknown> | undefined;
  let phase: LifePhase | undefined;
  const log = (level: string) => (message: string, fields?: LogFields) =>
    void logs.push({ level, message, fields });
  const context: PluginContext<unknown> = {
    config,
    object: { kind, name, ...(type === undefined ? {} : { type }) },
    stateDir,
    signal: controller.signal,
    metrics: createMetrics(),
    client: clientOf(objects),
    system: { ...noSystem, ...options.system },
    log: {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
    },
    status(value) {
      summary = structuredClone(value);
      for (const check of [...waiting]) check();
    },
  };
  const done = runLifeCycle(plugin, context, {
    onPhase: (next) => phase = next,
  });
  done.catch(() => {});
  let stopped: Promise<void> | undefined;
  const stop = () => {
    controller.abort(new DOMException("The plugin is to stop", "AbortError"));
    return stopped ??= done.finally(() =>
      Deno.remove(stateDir, { recursive: true })
    );
  };
  return {
    context,
    logs,
    get phase() {
      return phase;
    },
    get summary() {
      return summary;
    },
    untilStatus: (accept = () => true) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!summary || !accept(summary)) return;
          waiting.delete(check);
          resolve(summary);
        };
        waiting.add(check);
        check();
        done.then(
          () => reject(new Error(`Plugin ${plugin.name} ended`)),
          reject,
        );
      }),
    stop,
    [Symbol.asyncDispose]: () => stop().catch(() => {}),
  };
}

const refuse = (path: string) =>
  Promise.reject(new Error(`The test's device does not tell of ${path}`));
const noSystem: SystemFacts = {
  readText: refuse,
  readDir: refuse,
  diskUsage: refuse,
};

function clientOf(objects: KubeObject[]): PluginClient {
  const of = <T>(kind: string, name?: string) =>
    objects.filter((object) =>
      object.kind === kind.split(".")[0] &&
      (name === undefined || object.metadata.name === name)
    ) as T[];
  return {
    get<T extends KubeObject>(kind: string, name: string) {
      const [found] = of<T>(kind, name);
      return found ? Promise.resolve(found) : Promise.reject(
        Object.assign(new Error(`${kind} ${name} not found`), { code: 404 }),
      );
    },
    list: (kind, { name } = {}) => Promise.resolve(of(kind, name)),
    async *watch(kind, { name, signal } = {}) {
      for (const object of of<never>(kind, name)) {
        yield { type: "ADDED", object };
      }
      if (signal) await aborted(signal);
    },
  };
}
