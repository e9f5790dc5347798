import type { KubeObject } from "../api/meta.ts";
import { type Resource, resourcePath } from "./resource.ts";
import type { JSONValue, RestClient } from "./contract.ts";
import { KubeApiError, type Status } from "./kube_api_error.ts";
import { LinkedSignal } from "./linked_signal.ts";

/** A change that a watch reports. */
export type WatchEvent<T extends KubeObject = KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  /** Nothing changed up to `object.metadata.resourceVersion`. */
  | { type: "BOOKMARK"; object: T };

/** What to watch. */
export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Report what came after it. @default now, with what there is as ADDED */
  resourceVersion?: string;
  /** @default {true} */
  allowWatchBookmarks?: boolean;
  /** The server ends the watch after that time. @default {300} */
  timeoutSeconds?: number;
  /**
   * Longest silence, in milliseconds. A server sends a bookmark every minute
   * or so; where it does not, a watch that starts anew costs little.
   * @default {150000}
   */
  idleTimeout?: number;
  /** Gets word when the server has accepted the watch. */
  onOpen?: () => void;
  signal?: AbortSignal;
}

/** What the client grants the server beyond `timeoutSeconds`, in milliseconds. */
const GRACE = 15_000;

/**
 * Watches a resource once: ends when the server ends the watch.
 *
 * @throws {KubeApiError} for what the server refuses, also amid the watch
 * (410: `resourceVersion` is too old; list again).
 * @throws {DOMException} a `TimeoutError` where the connection is silent for
 * too long or outlives the time given to the server.
 */
export async function* watch<T extends KubeObject>(
  rest: RestClient,
  resource: Resource,
  options: WatchOptions = {},
): AsyncGenerator<WatchEvent<T>, void, void> {
  const { timeoutSeconds = 300, idleTimeout = 150_000 } = options;
  const path = resourcePath(resource, { namespace: options.namespace });
  const querystring = new URLSearchParams({
    watch: "true",
    timeoutSeconds: String(timeoutSeconds),
    allowWatchBookmarks: String(options.allowWatchBookmarks ?? true),
  });
  for (
    const key of ["labelSelector", "fieldSelector", "resourceVersion"] as const
  ) {
    if (options[key]) querystring.set(key, options[key]);
  }
  // Two guards: whatever the server does, this ends; and a connection that
  // died without a word shows well before that.
  using whole = new LinkedSignal(options.signal);
  whole.deadline(
    timeoutSeconds * 1000 + GRACE,
    `The watch of ${path} outlived its ${timeoutSeconds} s`,
  );
  using idle = new LinkedSignal(whole.signal);
  const alive = () =>
    idle.deadline(
      idleTimeout,
      `The watch of ${path} was silent for ${idleTimeout} ms`,
    );
  alive();
  const stream = await rest.performRequest({
    method: "GET",
    path,
    querystring,
    accept: "application/json",
    expectStream: true,
    expectJson: true,
    abortSignal: idle.signal,
  });
  options.onOpen?.();
  alive();
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      const event = checkEvent<T>(value, path);
      // While the consumer is at it, the server owes us nothing.
      idle.clearDeadline();
      yield event;
      alive();
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function checkEvent<T extends KubeObject>(
  value: JSONValue,
  path: string,
): WatchEvent<T> {
  const { type, object } = value as unknown as {
    type: string;
    object: unknown;
  };
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
    case "BOOKMARK":
      return { type, object: object as T };
    case "ERROR":
      throw new KubeApiError(object as Status, {
        request: { method: "GET", path },
      });
    default:
      throw new Error(
        `Cannot watch ${path}: the server sent an event of type ${type}`,
      );
  }
}
