import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { formatTime } from "./conditions.ts";
import { isNotFound, KubeApiError } from "./kube_api_error.ts";
import { type Logger, silentLogger } from "./log.ts";
import type { Resource } from "./resource.ts";

/** What happened to an object. */
export interface EventNote {
  /** @default {"Normal"} */
  type?: "Normal" | "Warning";
  /** CamelCase, for programs. */
  reason: string;
  /** For people. */
  message: string;
}

/** Tells people what happens to objects: `kubectl describe` shows it. */
export interface EventRecorder {
  /** Records an event. Returns at once, and never throws. */
  event(object: KubeObject, note: EventNote): void;
  /** Resolves when all that was recorded so far is written, or given up. */
  flush(): Promise<void>;
}

/** Options of {@linkcode createEventRecorder}. */
export interface EventRecorderOptions {
  /** Who reports: `faros-hub`. */
  component: string;
  log?: Logger;
  clock?: Clock;
  /** Ends it: what is not written by then is dropped. */
  signal?: AbortSignal;
}

/** The core events, since those are what `kubectl describe` counts repeats of. */
const EVENTS: Resource = {
  group: "",
  version: "v1",
  plural: "events",
  kind: "Event",
  namespaced: true,
};

interface CoreEvent extends KubeObject {
  count: number;
  [field: string]: unknown;
}

/** Repeats are remembered for that many kinds of event … */
const REMEMBERED = 2048;
/** … and that long, in milliseconds (a server keeps events for an hour). */
const MEMORY = 10 * 60_000;
/** Events that may wait to be written; more are dropped. */
const MAX_WAITING = 500;
/** Events of one object before it is slowed down … */
const BURST = 25;
/** … to one in that many milliseconds, as client-go's spam filter. */
const REFILL = 5 * 60_000 / 10;

/**
 * Makes an {@linkcode EventRecorder}.
 *
 * The same event of the same object again becomes a higher `count` of the one
 * that there is. An object that has a lot to tell is slowed down.
 */
export function createEventRecorder(
  client: KubeClient,
  options: EventRecorderOptions,
): EventRecorder {
  const { component, log = silentLogger, clock = systemClock } = options;
  const { signal } = options;
  const known = new Map<string, { event: CoreEvent; at: number }>();
  const budgets = new Map<string, { tokens: number; at: number }>();
  let waiting = 0;
  let tail = Promise.resolve();
  let sequence = 0;

  async function write(object: KubeObject, note: EventNote): Promise<void> {
    const at = clock.now();
    const key = JSON.stringify([
      object.metadata.uid ?? [object.kind, object.metadata.namespace],
      object.metadata.name,
      note.type,
      note.reason,
      note.message,
    ]);
    const before = known.get(key);
    known.delete(key);
    let event: CoreEvent | undefined;
    if (before && at - before.at < MEMORY) {
      event = await repeat(before.event, at);
    }
    event ??= await client.create<CoreEvent>(
      EVENTS,
      newEvent(object, { note, component, at, sequence: sequence++ }),
      { signal },
    );
    known.set(key, { event, at });
    trim(known, REMEMBERED);
  }

  async function repeat(
    event: CoreEvent,
    at: number,
  ): Promise<CoreEvent | undefined> {
    const { name, namespace } = event.metadata;
    const patch = { count: event.count + 1, lastTimestamp: formatTime(at) };
    try {
      return await client.patch<CoreEvent>(EVENTS, name, patch, {
        type: "merge",
        namespace,
        signal,
      });
    } catch (error) {
      // Expired, or we may create events but not patch them.
      if (error instanceof KubeApiError && error.code === 403) return undefined;
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Whether the object has not yet said too much. */
  function mayTell(object: KubeObject): boolean {
    const { uid, namespace, name } = object.metadata;
    const key = uid ?? `${object.kind}/${namespace}/${name}`;
    const at = clock.now();
    const budget = budgets.get(key) ?? { tokens: BURST, at };
    const tokens = Math.min(BURST, budget.tokens + (at - budget.at) / REFILL);
    budgets.delete(key);
    budgets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, at });
    trim(budgets, REMEMBERED);
    return tokens >= 1;
  }

  return {
    event(object, note) {
      if (signal?.aborted || !mayTell(object)) return;
      if (waiting >= MAX_WAITING) {
        log.warn("Dropped an event: too many wait to be written", {
          reason: note.reason,
        });
        return;
      }
      waiting++;
      // One after the other: repeats have to find what went before.
      tail = tail.then(() => write(object, note)).catch((error) => {
        if (signal?.aborted) return;
        log.warn("Cannot record an event", { error, reason: note.reason });
      }).finally(() => waiting--);
    },
    flush: () => tail,
  };
}

function trim(map: Map<string, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) return;
    map.delete(key);
  }
}

function newEvent(
  object: KubeObject,
  { note, component, at, sequence }: {
    note: EventNote;
    component: string;
    at: number;
    sequence: number;
  },
): CoreEvent {
  const { name, namespace = "default", uid, resourceVersion } = object.metadata;
  const time = formatTime(at);
  // Unlike any other: client-go takes nanoseconds; a process counts here.
  const unique = (BigInt(at) * 1_000_000n + BigInt(sequence % 1_000_000))
    .toString(16);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name.slice(0, 230)}.${unique}`, namespace },
    involvedObject: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      namespace: object.metadata.namespace,
      uid,
      resourceVersion,
    },
    type: note.type ?? "Normal",
    reason: note.reason,
    message: note.message.slice(0, 1024),
    source: { component },
    reportingComponent: component,
    reportingInstance: "",
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
