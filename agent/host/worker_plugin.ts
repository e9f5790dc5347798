import { denoPermissions } from "./deno_permissions.ts";
import {
  type CallError,
  FromHost,
  type FromWorker,
  MAX_LINES,
  MAX_SUMMARY,
  MAX_TEXT,
  type PluginStart,
  type ToWorker,
} from "./protocol.ts";
import { diskUsage, NotGranted, readDir, readText } from "./system_facts.ts";

const PING_EVERY = 10_000;
/** A Worker that has left so many pings unanswered counts as hung. By no clock: the host itself may have stood still. */
const MOST_UNANSWERED = 3;

/** A plugin in a Worker. */
export interface WorkerPlugin {
  /** Asks it to stop, and ends it after `timeout` milliseconds. */
  stop(timeout: number): void;
  /** Hands it the agent's answer to a call. */
  settle(answer: Extract<ToWorker, { id: number }>): void;
  /** Resolves when the Worker is gone and has been said so. */
  done: Promise<void>;
}

/** Starts a plugin in a Worker that has just its permissions. */
export function startWorkerPlugin(
  start: PluginStart,
  send: (message: FromHost) => void,
): WorkerPlugin {
  const id = start.plugin;
  const done = Promise.withResolvers<void>();
  let stopTimer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  let lines = { second: 0, count: 0, dropped: 0 };
  let unanswered = 0;

  const worker = openWorker(start, (error) => end({ error, terminal: true }));
  const post = (message: ToWorker) => worker?.postMessage(message);

  const ping = setInterval(() => {
    if (unanswered++ >= MOST_UNANSWERED) {
      const seconds = MOST_UNANSWERED * PING_EVERY / 1000;
      end({ error: `it did not answer for ${seconds} s` });
    } else post({ type: "ping" });
  }, PING_EVERY);

  function end(result: { error?: string; terminal?: boolean }): void {
    if (over) return;
    over = true;
    clearInterval(ping);
    clearTimeout(stopTimer);
    worker?.terminate();
    const { error, terminal } = result;
    send({
      type: "ended",
      plugin: id,
      ...(error === undefined
        ? {}
        : { error: String(error).slice(0, MAX_TEXT) }),
      ...(terminal === undefined ? {} : { terminal }),
    });
    done.resolve();
  }

  /** The agent ends a host that says what the protocol does not have, with all that is in it. */
  function sendChecked(message: FromHost): void {
    const { success, error } = FromHost.safeParse(message);
    if (success) return send(message);
    const { path, message: why } = error.issues[0]!;
    if (message.type !== "call") throw new Error(`${path.join(".")}: ${why}`);
    const text = `Cannot ask for it: ${path.join(".")}: ${why}`;
    const refusal = { code: 400, message: text };
    post({ type: "error", id: message.id, error: refusal });
  }

  function onLog(message: Extract<FromWorker, { type: "log" }>): void {
    const second = Math.floor(performance.now() / 1000);
    if (lines.second !== second) {
      if (lines.dropped) {
        const fields = { dropped: lines.dropped };
        const text = "The plugin logs too much; lines were dropped";
        send({ type: "log", plugin: id, level: "warn", message: text, fields });
      }
      lines = { second, count: 0, dropped: 0 };
    }
    if (++lines.count > MAX_LINES) lines.dropped++;
    else {
      const { level, message: said, fields } = message;
      const size = fields ? JSON.stringify(fields).length : 0;
      sendChecked({
        type: "log",
        plugin: id,
        level,
        message: said.slice(0, MAX_TEXT),
        ...(size > MAX_SUMMARY
          ? { fields: { droppedFields: `${size} characters` } }
          : fields && { fields }),
      });
    }
  }

  function onStatus(summary: Record<string, unknown>): void {
    const size = JSON.stringify(summary).length;
    if (size <= MAX_SUMMARY) {
      return sendChecked({ type: "status", plugin: id, summary });
    }
    send({
      type: "log",
      plugin: id,
      level: "warn",
      message: "The plugin's summary is too large and was dropped",
      fields: { size, limit: MAX_SUMMARY },
    });
  }

  async function onSystem(
    { id, method, path }: Extract<FromWorker, { type: "system" }>,
  ): Promise<void> {
    const read = { readText, readDir, diskUsage }[method];
    try {
      const value = await read(path, start.permissions);
      post({ type: "result", id, value });
    } catch (error) {
      post({ type: "error", id, error: callError(error) });
    }
  }

  if (worker) {
    const onMessage = (data: FromWorker) => {
      switch (data.type) {
        case "loaded":
          return post({ type: "start", start });
        case "pong":
          return;
        case "ended":
          return end({ error: data.error, terminal: data.terminal });
        case "log":
          return onLog(data);
        case "status":
          return onStatus(data.summary);
        case "system":
          return void onSystem(data);
        default:
          return sendChecked({ ...data, plugin: id });
      }
    };
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (over) return;
      unanswered = 0;
      try {
        onMessage(data);
      } catch (error) {
        // The plugin's own postMessage() ends here, too.
        end({ error: `it posted what is no message: ${message(error)}` });
      }
    };
    worker.onerror = (event) => {
      // Else the whole host ends with it.
      event.preventDefault();
      end({ error: event.message });
    };
  }

  return {
    done: done.promise,
    settle: post,
    stop(timeout) {
      if (over) return;
      post({ type: "stop" });
      stopTimer ??= setTimeout(
        () => end({ error: `it did not stop within ${timeout} ms` }),
        timeout,
      );
    },
  };
}

function openWorker(
  start: PluginStart,
  fail: (error: string) => void,
): Worker | undefined {
  try {
    return new Worker(new URL("./plugin_worker.ts", import.meta.url), {
      type: "module",
      name: start.plugin,
      deno: { permissions: denoPermissions(start.permissions, start) },
    });
  } catch (error) {
    // A permission that Deno does not know, for instance.
    queueMicrotask(() => fail(`Cannot start a Worker: ${message(error)}`));
  }
}

function callError(error: unknown): CallError {
  const code = error instanceof NotGranted
    ? 403
    : error instanceof Deno.errors.NotFound
    ? 404
    : 500;
  return { code, message: message(error) };
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
