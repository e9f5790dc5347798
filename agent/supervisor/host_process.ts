import { jsonWriter, LineTooLong, readLines } from "../host/lines.ts";
import {
  FromHost,
  MAX_LINES,
  MAX_SUMMARY,
  MAX_TEXT,
  type PluginCall,
  PROTOCOL_VERSION,
  type ToHost,
} from "../host/protocol.ts";
import type { Logger } from "../../kube/log.ts";
import type { PluginSpec } from "./plugin_spec.ts";

/** Why a plugin ended though nobody had asked it to. */
export class PluginEnded extends Error {
  override name = "PluginEnded";
  /** No restart helps. */
  readonly terminal: boolean;
  /** The whole host went. */
  readonly hostDied: boolean;
  constructor(
    message: string,
    options: { terminal?: boolean; hostDied?: boolean } = {},
  ) {
    super(message);
    this.terminal = options.terminal ?? false;
    this.hostDied = options.hostDied ?? false;
  }
}

/** Answers what plugins ask of the Kubernetes API. */
export interface PluginApi {
  /** The answer of `get` or `list`; `emit` gets the events of `watch`. @throws KubeApiError or Error with `code` */
  call(
    plugin: PluginSpec,
    call: PluginCall,
    options: { signal: AbortSignal; emit: (event: unknown) => void },
  ): Promise<unknown>;
}

/** Options of {@linkcode startHostProcess}. */
export interface HostProcessOptions {
  /** Program and arguments that run a host. */
  command: string[];
  /** For messages. */
  name: string;
  /** Bytes. */
  memoryLimit: number;
  api: PluginApi;
  log: Logger;
}

/** What a run of a plugin reports. */
export interface RunOptions {
  onPhase(phase: "Provisioning" | "Running"): void;
  onSummary(summary: Record<string, unknown>): void;
  /** Gets the plugin's log lines. */
  log: Logger;
  /** Stops it. */
  signal: AbortSignal;
  /** Milliseconds that it has to stop. */
  stopTimeout: number;
}

/** A plugin host that runs. */
export interface HostProcess {
  readonly pid: number;
  /** Whether plugins can be started in it. */
  readonly alive: boolean;
  /** Runs a plugin until the signal aborts. @throws PluginEnded where it ends before */
  run(plugin: PluginSpec, options: RunOptions): Promise<void>;
  /** Ends the process, once all its plugins have been asked to stop. */
  close(): Promise<void>;
}

interface Running {
  spec: PluginSpec;
  options: RunOptions;
  ended: PromiseWithResolvers<void>;
  calls: Map<number, AbortController>;
  /** Lines that it logged in that second. */
  lines: { second: number; count: number };
}

/** Environment that a host starts with. What a plugin was granted comes with its start; credentials never. */
const ENV = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SYSTEMROOT",
  "DENO_DIR",
  "XDG_CACHE_HOME",
  "NPM_CONFIG_REGISTRY",
];

/** How long a host may take to end once its input is closed, in milliseconds. */
const CLOSE_TIMEOUT = 10_000;
/** How long what a host that is gone has said may take to arrive, in milliseconds. */
const DRAIN_TIMEOUT = 1_000;
/** Most calls of a plugin at a time, watches included. */
const MAX_CALLS = 256;
/** Most bytes of answers that a host has not read yet. */
const MAX_BACKLOG = 64 * 2 ** 20;

/** Starts a plugin host. */
export function startHostProcess(options: HostProcessOptions): HostProcess {
  return new ChildHost(options);
}

class ChildHost implements HostProcess {
  readonly pid: number;
  alive = true;
  readonly #options: HostProcessOptions;
  readonly #child: Deno.ChildProcess;
  readonly #writer: ReturnType<typeof jsonWriter>;
  readonly #plugins = new Map<string, Running>();
  readonly #done: Promise<void>;
  #closing = false;
  /** Why the agent has ended it. */
  #problem: string | undefined;

  constructor(options: HostProcessOptions) {
    this.#options = options;
    const [program, ...args] = options.command;
    const heap = Math.floor(options.memoryLimit / 2 ** 20);
    this.#child = new Deno.Command(program!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      clearEnv: true,
      env: {
        ...environment(ENV),
        NO_COLOR: "1",
        // Not honoured by compiled binaries, which watch their memory instead.
        DENO_V8_FLAGS: `--max-old-space-size=${heap}`,
      },
    }).spawn();
    this.pid = this.#child.pid;
    this.#writer = jsonWriter(this.#child.stdin);
    this.#send({
      type: "hello",
      protocol: PROTOCOL_VERSION,
      memoryLimit: options.memoryLimit,
    });
    this.#done = this.#follow();
  }

  async run(spec: PluginSpec, options: RunOptions): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const running: Running = {
      spec,
      options,
      ended,
      calls: new Map(),
      lines: { second: 0, count: 0 },
    };
    if (!this.alive) throw this.#death("it had ended before");
    this.#plugins.set(spec.id, running);
    let late: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      const timeout = options.stopTimeout;
      this.#send({ type: "stop", plugin: spec.id, timeout });
      // The host sees to it in time; one that does not must not keep the device from its next Revision.
      late = setTimeout(
        () => this.#end(`it did not stop ${spec.id} within ${timeout} ms`),
        timeout * 2,
      );
    };
    try {
      this.#send({
        type: "start",
        plugin: spec.id,
        object: spec.object,
        name: spec.plugin,
        version: spec.version,
        code: spec.code.toBase64(),
        config: spec.config,
        permissions: spec.permissions,
        stateDir: spec.stateDir,
        env: environment(spec.permissions.env ?? []),
      });
      options.signal.addEventListener("abort", stop, { once: true });
      if (options.signal.aborted) stop();
      await ended.promise;
    } finally {
      clearTimeout(late);
      options.signal.removeEventListener("abort", stop);
      for (const call of running.calls.values()) call.abort();
      if (this.#plugins.get(spec.id) === running) {
        this.#plugins.delete(spec.id);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.alive = false;
    void this.#writer.close();
    const timer = setTimeout(() => this.#kill(), CLOSE_TIMEOUT);
    try {
      await this.#done;
    } finally {
      clearTimeout(timer);
    }
  }

  #send(message: ToHost): void {
    this.#writer.write(message);
  }

  /** Ends it for what it does. */
  #end(problem: string): void {
    this.#problem ??= problem;
    this.#kill();
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // gone already
    }
  }

  /** Reads all that the process says until it is gone. */
  async #follow(): Promise<void> {
    const gone = new AbortController();
    const { signal } = gone;
    const stderr = tail(
      this.#child.stderr,
      (line) => this.#options.log.debug("Plugin host", { line }),
      signal,
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = this.#child.status.then((status) => {
      this.alive = false;
      clearTimeout(timer);
      // A program that a plugin has started may live on, and hold the pipes open.
      timer = setTimeout(() => gone.abort(), DRAIN_TIMEOUT);
      return status;
    });
    try {
      for await (const line of readLines(this.#child.stdout, { signal })) {
        this.#receive(FromHost.parse(JSON.parse(line)));
      }
      // It may have closed its output only.
      if (this.alive) timer ??= setTimeout(() => this.#kill(), CLOSE_TIMEOUT);
    } catch (error) {
      // It does not keep to the protocol: nothing that it says is worth more.
      if (!signal.aborted) {
        this.#end(
          `it said what the protocol does not have: ${
            error instanceof Error ? error.message.slice(0, 500) : error
          }`,
        );
      }
    }
    const status = await ended;
    const last = await stderr;
    clearTimeout(timer);
    if (!this.#closing) void this.#writer.close();
    const why = this.#problem ??
      `${status.signal ?? `exit code ${status.code}`}${last && `: ${last}`}`;
    if (!this.#closing) {
      this.#options.log.warn("Plugin host ended", {
        host: this.#options.name,
        pid: this.pid,
        why,
      });
    }
    for (const running of this.#plugins.values()) {
      if (running.options.signal.aborted) running.ended.resolve();
      else running.ended.reject(this.#death(why));
    }
  }

  #death(why: string): PluginEnded {
    return new PluginEnded(`Its host process ended: ${why}`, {
      hostDied: true,
    });
  }

  #receive(message: FromHost): void {
    if (message.type === "ready") {
      if (message.protocol === PROTOCOL_VERSION) return;
      throw new Error(
        `protocol version ${message.protocol}; the agent speaks ${PROTOCOL_VERSION}`,
      );
    }
    const running = this.#plugins.get(message.plugin);
    if (!running) return; // a late word of one that has ended
    switch (message.type) {
      case "phase":
        return running.options.onPhase(message.phase);
      case "status":
        // One that is too large would keep the whole device's status from being written.
        if (!isSmall(message.summary)) return;
        return running.options.onSummary(message.summary);
      case "log": {
        const second = Math.floor(performance.now() / 1000);
        const { lines } = running;
        if (lines.second !== second) running.lines = { second, count: 0 };
        // The host holds its plugins to fewer, and says so.
        if (++running.lines.count > MAX_LINES + 10) return;
        return running.options.log[message.level](
          message.message.slice(0, MAX_TEXT),
          isSmall(message.fields) ? message.fields : undefined,
        );
      }
      case "cancel":
        return running.calls.get(message.id)?.abort();
      case "call":
        return void this.#call(running, message);
      case "ended": {
        const { error, terminal } = message;
        if (running.options.signal.aborted) {
          if (error) {
            running.options.log.warn("Plugin stopped with an error", { error });
          }
          return running.ended.resolve();
        }
        return running.ended.reject(
          new PluginEnded(error?.slice(0, MAX_TEXT) ?? "It ended by itself", {
            terminal,
          }),
        );
      }
    }
  }

  async #call(running: Running, call: PluginCall): Promise<void> {
    const { id, plugin } = call;
    const controller = new AbortController();
    const refuse = (code: number, message: string) =>
      this.#answer({ type: "error", plugin, id, error: { code, message } });
    if (running.calls.has(id)) {
      return refuse(400, `There is a call ${id} already`);
    }
    if (running.calls.size >= MAX_CALLS) {
      return refuse(
        429,
        `${MAX_CALLS} calls and watches are under way: await some, or end them by their signal`,
      );
    }
    running.calls.set(id, controller);
    try {
      const value = await this.#options.api.call(running.spec, call, {
        signal: controller.signal,
        emit: (event) => {
          try {
            this.#answer({ type: "event", plugin, id, value: event });
          } catch (error) {
            refuse(413, tooLarge(call, error as Error));
            controller.abort();
          }
        },
      });
      this.#answer({ type: "result", plugin, id, value });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (error instanceof LineTooLong) {
        return refuse(413, tooLarge(call, error));
      }
      const { code, message } = error as { code?: unknown; message?: string };
      refuse(
        typeof code === "number" ? code : 503,
        (message ?? String(error)).slice(0, MAX_TEXT),
      );
    } finally {
      if (running.calls.get(id) === controller) running.calls.delete(id);
    }
  }

  /** Answers a call. @throws LineTooLong */
  #answer(message: ToHost): void {
    this.#send(message);
    if (this.#writer.backlog > MAX_BACKLOG) {
      this.#end(
        `it did not read ${this.#writer.backlog} bytes of answers to its calls`,
      );
    }
  }
}

function tooLarge({ method, kind }: PluginCall, { message }: Error): string {
  return `The answer to ${method} ${kind} is too large: ${message}; ask for less by a labelSelector, or for one object by its name`;
}

function isSmall(value: unknown): boolean {
  try {
    return (JSON.stringify(value)?.length ?? 0) <= MAX_SUMMARY;
  } catch {
    return false; // nested too deeply
  }
}

function environment(names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/** Hands each line on; resolves with the first that tells why, where one does. */
async function tail(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  let why = "";
  try {
    for await (const line of readLines(stream, { signal })) {
      onLine(line);
      if (
        /out of memory|heap limit|error|panicked|The host takes/i.test(line)
      ) {
        why ||= line.slice(0, 300);
      }
    }
  } catch {
    await stream.cancel().catch(() => {});
  }
  return why;
}
