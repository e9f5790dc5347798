/**
 * The process that plugins run in, apart from the agent: `faros plugin-host`.
 *
 * @module
 */
import { jsonWriter, readLines } from "./lines.ts";
import { type FromHost, PROTOCOL_VERSION, type ToHost } from "./protocol.ts";
import { startWorkerPlugin, type WorkerPlugin } from "./worker_plugin.ts";

/** How often the host looks at the memory it takes, in milliseconds. */
const MEMORY_EVERY = 250;
/** Time that plugins get where the host itself is asked to end, in milliseconds. */
const STOP_TIMEOUT = 8_000;

/** Options of {@linkcode runPluginHost}. */
export interface PluginHostOptions {
  /** @default standard input */
  input?: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** @default standard output */
  output?: WritableStream<Uint8Array>;
}

/**
 * Runs plugins as the agent says over `input`, until that ends: a host never outlives its agent.
 */
export async function runPluginHost(
  options: PluginHostOptions = {},
): Promise<void> {
  const { input = Deno.stdin.readable, output = Deno.stdout.writable } =
    options;
  const writer = jsonWriter(output);
  const send = (message: FromHost) => writer.write(message);
  const plugins = new Map<string, WorkerPlugin>();
  const stopAll = (timeout: number) => {
    for (const plugin of plugins.values()) plugin.stop(timeout);
    return Promise.all([...plugins.values()].map((plugin) => plugin.done));
  };
  using _signals = onSignals(() => {
    void stopAll(STOP_TIMEOUT).then(() => Deno.exit(0));
  });
  let memory: ReturnType<typeof setInterval> | undefined;
  send({ type: "ready", protocol: PROTOCOL_VERSION });
  try {
    for await (const line of readLines(input)) {
      const message = JSON.parse(line) as ToHost;
      switch (message.type) {
        case "hello":
          clearInterval(memory);
          memory = setInterval(
            () => checkMemory(message.memoryLimit),
            MEMORY_EVERY,
          );
          break;
        case "start": {
          for (const [name, value] of Object.entries(message.env)) {
            Deno.env.set(name, value);
          }
          const plugin = startWorkerPlugin(message, send);
          plugins.set(message.plugin, plugin);
          void plugin.done.then(() => {
            if (plugins.get(message.plugin) === plugin) {
              plugins.delete(message.plugin);
            }
          });
          break;
        }
        case "stop":
          plugins.get(message.plugin)?.stop(message.timeout);
          break;
        default:
          plugins.get(message.plugin)?.settle(message);
      }
    }
  } finally {
    clearInterval(memory);
    await stopAll(STOP_TIMEOUT);
  }
}

/** Ends the process where it takes more than `limit` bytes: better it than the device. */
function checkMemory(limit: number): void {
  const { rss } = Deno.memoryUsage();
  if (rss <= limit) return;
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.error(`The host takes ${mib(rss)} of at most ${mib(limit)}`);
  Deno.exit(137);
}

function onSignals(stop: () => void): Disposable {
  // Ctrl-C reaches the whole process group: it is the agent's to decide.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  const posix = Deno.build.os !== "windows";
  if (posix) Deno.addSignalListener("SIGTERM", stop);
  return {
    [Symbol.dispose]() {
      Deno.removeSignalListener("SIGINT", ignore);
      if (posix) Deno.removeSignalListener("SIGTERM", stop);
    },
  };
}
