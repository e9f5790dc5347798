/**
 * Entry module of the Worker that a plugin runs in. It has just the plugin's permissions; everything else it asks the
 * host for by messages.
 *
 * @module
 */
import { createMetrics } from "../../plugins/sdk/metrics.ts";
import { runLifeCycle } from "../../plugins/sdk/life_cycle.ts";
import type { Plugin, PluginContext } from "../../plugins/sdk/types.ts";
import { createCalls } from "./worker_calls.ts";
import type { FromWorker, PluginStart, ToWorker } from "./protocol.ts";

/** The part of a Worker's global scope that is used here; the `deno.worker` types clash with the window's. */
interface Scope {
  postMessage(message: FromWorker): void;
  addEventListener(
    type: "message",
    listener: (event: { data: ToWorker }) => void,
  ): void;
}

const scope = globalThis as unknown as Scope;
// Taken before the plugin runs, which may define globals of its own.
const post = scope.postMessage.bind(scope);
const controller = new AbortController();
const calls = createCalls(post);

scope.addEventListener("message", ({ data }) => {
  switch (data.type) {
    case "start":
      void main(data.start);
      break;
    case "stop":
      controller.abort(new DOMException("The plugin is to stop", "AbortError"));
      break;
    case "ping":
      post({ type: "pong" });
      break;
    default:
      calls.settle(data);
  }
});
post({ type: "loaded" });

async function main(start: PluginStart): Promise<void> {
  const log = (level: "debug" | "info" | "warn" | "error") =>
  (
    message: unknown,
    fields?: unknown,
  ) =>
    post({
      type: "log",
      level,
      message: text(message),
      ...(fields === undefined ? {} : { fields: plain(fields) }),
    });
  // Standard output is the host's, and carries the protocol.
  Object.assign(console, {
    log: (...args: unknown[]) => log("info")(args.map(text).join(" ")),
    info: (...args: unknown[]) => log("info")(args.map(text).join(" ")),
    debug: (...args: unknown[]) => log("debug")(args.map(text).join(" ")),
    warn: (...args: unknown[]) => log("warn")(args.map(text).join(" ")),
    error: (...args: unknown[]) => log("error")(args.map(text).join(" ")),
  });
  let plugin: Plugin;
  let config: unknown;
  try {
    plugin = await load(start);
    config = plugin.parseConfig(start.config);
  } catch (error) {
    return post({ type: "ended", error: describe(error), terminal: true });
  }
  const ctx: PluginContext<unknown> = {
    config,
    object: start.object,
    stateDir: start.stateDir,
    signal: controller.signal,
    metrics: createMetrics(),
    client: calls.client,
    system: calls.system,
    log: {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
    },
    status: (summary) => post({ type: "status", summary: plain(summary) }),
  };
  try {
    await runLifeCycle(plugin, ctx, {
      onPhase: (phase) => post({ type: "phase", phase }),
    });
    post({ type: "ended" });
  } catch (error) {
    post({ type: "ended", error: describe(error) });
  }
}

async function load(start: PluginStart): Promise<Plugin> {
  const what = `plugin ${start.name} ${start.version}`;
  // A data: URL is the one form that loads in a compiled binary, too.
  const module = await import(
    `data:application/javascript;base64,${start.code}`
  );
  const plugin = module.default as Plugin | undefined;
  if (plugin?.sdk !== 1 || typeof plugin.run !== "function") {
    throw new Error(
      `Cannot load ${what}: its default export is not a plugin of SDK version 1; export definePlugin({…})`,
    );
  }
  return plugin;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof Error ? describe(value) : Deno.inspect(value);
}

/** What JSON keeps of it: messages must not carry functions, nor cycles. */
function plain(value: unknown): Record<string, unknown> {
  try {
    const copy = JSON.parse(
      JSON.stringify(
        value,
        (_, v) =>
          v instanceof Error
            ? describe(v)
            : typeof v === "bigint"
            ? String(v)
            : v,
      ),
    );
    return typeof copy === "object" && copy !== null && !Array.isArray(copy)
      ? copy
      : { value: copy };
  } catch {
    return { value: Deno.inspect(value) };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return text(error);
  const name = error.name === "Error" || error.name === "ConfigError"
    ? ""
    : `${error.name}: `;
  const cause = error.cause instanceof Error
    ? `: ${describe(error.cause)}`
    : "";
  return name + error.message + cause;
}
