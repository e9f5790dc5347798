/**
 * A plugin's side of what it asks for by messages: the Kubernetes API (the agent answers) and facts about the system
 * (the host does).
 *
 * @module
 */
import type { KubeObject } from "../../api/meta.ts";
import type {
  DiskUsage,
  ListOptions,
  PluginClient,
  SystemFacts,
  WatchEvent,
} from "../../plugins/sdk/types.ts";
import type { CallError, FromWorker, ToWorker } from "./protocol.ts";

type Answer = Extract<ToWorker, { type: "result" | "error" | "event" }>;
type Ask = FromWorker extends infer M
  ? M extends { type: "call" | "system" } ? Omit<M, "id"> : never
  : never;

/** A call that was refused. */
class PluginCallError extends Error {
  /** HTTP status. */
  readonly code: number;
  constructor({ code, message }: CallError) {
    super(message);
    this.code = code;
  }
}

/** What {@linkcode createCalls} makes. */
export interface Calls {
  client: PluginClient;
  system: SystemFacts;
  /** Takes an answer. */
  settle(answer: Answer): void;
}

interface Pending {
  settle(answer: Answer): void;
}

/** Makes the client side of calls over `post`. */
export function createCalls(post: (message: FromWorker) => void): Calls {
  const pending = new Map<number, Pending>();
  let last = 0;

  function ask<T>(message: Ask, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const id = ++last;
      const onAbort = () => {
        pending.delete(id);
        post({ type: "cancel", id });
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      pending.set(id, {
        settle(answer) {
          if (answer.type === "event") return;
          pending.delete(id);
          signal?.removeEventListener("abort", onAbort);
          if (answer.type === "error") {
            reject(new PluginCallError(answer.error));
          } else resolve(answer.value as T);
        },
      });
      post({ ...message, id } as FromWorker);
    });
  }

  async function* watch<T extends KubeObject>(
    kind: string,
    options: ListOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const { name, labelSelector, signal } = options;
    const id = ++last;
    const events: WatchEvent<T>[] = [];
    let end: { error?: Error } | undefined;
    let wake = Promise.withResolvers<void>();
    const onAbort = () => wake.resolve();
    signal?.addEventListener("abort", onAbort, { once: true });
    pending.set(id, {
      settle(answer) {
        if (answer.type === "event") {
          events.push(answer.value as WatchEvent<T>);
        } else if (answer.type === "error") {
          end = { error: new PluginCallError(answer.error) };
        } else end = {};
        wake.resolve();
      },
    });
    post({ type: "call", id, method: "watch", kind, name, labelSelector });
    try {
      while (!signal?.aborted) {
        if (events.length) {
          yield events.shift()!;
          continue;
        }
        if (end?.error) throw end.error;
        if (end) return;
        await wake.promise;
        wake = Promise.withResolvers();
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      pending.delete(id);
      if (!end) post({ type: "cancel", id });
    }
  }

  return {
    client: {
      get: (kind, name, { signal } = {}) =>
        ask({ type: "call", method: "get", kind, name }, signal),
      list: (kind, { name, labelSelector, signal } = {}) =>
        ask(
          { type: "call", method: "list", kind, name, labelSelector },
          signal,
        ),
      watch,
    },
    system: {
      readText: (path) =>
        ask<string>({ type: "system", method: "readText", path }),
      readDir: (path) =>
        ask<string[]>({ type: "system", method: "readDir", path }),
      diskUsage: (path) =>
        ask<DiskUsage>({ type: "system", method: "diskUsage", path }),
    },
    settle: (answer) => pending.get(answer.id)?.settle(answer),
  };
}
