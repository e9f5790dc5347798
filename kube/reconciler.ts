import type { KubeObject } from "../api/meta.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Informer, InformerEvent } from "./informer.ts";
import { isConflict, KubeApiError } from "./kube_api_error.ts";
import { LinkedSignal } from "./linked_signal.ts";
import { type Logger, silentLogger } from "./log.ts";
import { takeTurn } from "./turn.ts";
import { WorkQueue, type WorkQueueOptions } from "./work_queue.ts";

/** What is to be reconciled: the name of an object, never an event. */
export interface Key {
  namespace?: string;
  name: string;
}

/**
 * How a reconcile ended well: done until something changes, or to be looked
 * at again in `requeueAfter` milliseconds.
 */
export type Result = { requeueAfter?: number } | void;

/** A failure that repeating cannot mend: wait until something changes. */
export class TerminalError extends Error {
  override name = "TerminalError";
}

/** An informer, and which keys its objects are about. */
export interface InformerSource<T extends KubeObject = KubeObject> {
  informer: Informer<T>;
  /** @default the object's own key */
  keys?: (object: T, event: InformerEvent<T>) => Iterable<Key>;
  /** Whether a change matters. @default all do */
  filter?: (event: InformerEvent<T>) => boolean;
}

/** Anything else that knows when a key has to be looked at. */
export interface CustomSource {
  /** Called once; has to end with the signal. */
  start(enqueue: (key: Key) => void, signal: AbortSignal): void;
}

// A source is consumed by whoever made it: its object type matters to it alone.
// deno-lint-ignore no-explicit-any
export type Source = InformerSource<any> | CustomSource;

/** How one reconcile went, for metrics. */
export interface ReconcileOutcome {
  controller: string;
  key: Key;
  outcome: "done" | "requeued" | "retry" | "terminal";
  /** Milliseconds. */
  duration: number;
  error?: unknown;
}

/** On shutdown, what runs may go on for that long, in milliseconds. */
const GRACE = 5000;

/** Options of {@linkcode runController}. */
export interface ControllerOptions {
  /** For logs and metrics. */
  name: string;
  /**
   * Makes what is so what ought to be, for one key, from what it observes.
   *
   * What it throws is repeated with back-off, but for {@linkcode TerminalError}.
   */
  reconcile(key: Key, options: { signal: AbortSignal }): Promise<Result>;
  sources: Source[];
  /** Keys worked on at a time. @default {1} */
  concurrency?: number;
  /** Longest time of one reconcile, in milliseconds. @default {120000} */
  timeout?: number;
  queue?: WorkQueueOptions;
  log?: Logger;
  clock?: Clock;
  /** Ends it. */
  signal: AbortSignal;
  onResult?: (outcome: ReconcileOutcome) => void;
  /** Gets the queue when work begins, for metrics. */
  onQueue?: (
    controller: string,
    queue: Pick<WorkQueue, "length" | "processing" | "delayed">,
  ) => void;
}

/**
 * Runs a controller: keys in, observed state only.
 *
 * Work begins when all informers have synced. A key is worked on by one worker
 * at a time; keys that come meanwhile are not lost.
 *
 * @returns when the signal has ended it and the last reconcile is over
 */
export async function runController(options: ControllerOptions): Promise<void> {
  const { name, sources, signal, concurrency = 1 } = options;
  const clock = options.clock ?? systemClock;
  const log = (options.log ?? silentLogger).with({ controller: name });
  const queue = new WorkQueue({
    ...options.queue,
    clock: options.queue?.clock ?? clock,
  });
  const enqueue = (key: Key) => queue.add(keyToString(key));
  const stops: (() => void)[] = [() => queue.shutDown()];
  const stop = () => stops.forEach((f) => f());
  if (signal.aborted) return;
  signal.addEventListener("abort", stop, { once: true });
  for (const source of sources) {
    if ("start" in source) source.start(enqueue, signal);
    else stops.push(listen(source, enqueue));
  }
  const informers = sources.flatMap((s) => "informer" in s ? [s.informer] : []);
  try {
    await Promise.all(informers.map((informer) => informer.synced));
  } catch (error) {
    if (!signal.aborted && informers.some((i) => !i.hasSynced)) {
      signal.removeEventListener("abort", stop);
      stop();
      throw error;
    }
  }
  options.onQueue?.(name, queue);
  log.debug("Controller started", { concurrency });
  const context: Worker = { ...options, queue, clock, log };
  await Promise.all(
    Array.from({ length: concurrency }, () => work(context)),
  );
}

function listen(
  source: InformerSource,
  enqueue: (key: Key) => void,
): () => void {
  const { informer, filter, keys = (o: KubeObject) => [keyOf(o)] } = source;
  return informer.on((event) => {
    if (filter && !filter(event)) return;
    for (const key of keys(event.object, event)) enqueue(key);
    // An object that points elsewhere now: where it pointed to before matters.
    if (event.old && source.keys) {
      for (const key of keys(event.old, event)) enqueue(key);
    }
  });
}

type Worker = ControllerOptions & {
  queue: WorkQueue;
  clock: Clock;
  log: Logger;
};

async function work(worker: Worker): Promise<void> {
  const { queue } = worker;
  while (true) {
    const key = await queue.get();
    if (key === undefined || worker.signal.aborted) return;
    try {
      await reconcileOne(worker, key);
    } finally {
      queue.done(key);
    }
    const turn = takeTurn();
    if (turn) await turn;
  }
}

async function reconcileOne(worker: Worker, item: string): Promise<void> {
  const { queue, clock, signal } = worker;
  const key = keyFromString(item);
  const log = worker.log.with({ ...key });
  const started = clock.now();
  const finish = (outcome: ReconcileOutcome["outcome"], error?: unknown) => {
    const duration = clock.now() - started;
    try {
      worker.onResult?.({
        controller: worker.name,
        key,
        outcome,
        duration,
        error,
      });
    } catch (failure) {
      log.error("Cannot record a reconcile", { error: failure });
    }
  };
  try {
    const result = await limited(worker, key);
    queue.forget(item);
    if (result?.requeueAfter !== undefined) {
      queue.addAfter(item, result.requeueAfter);
      return finish("requeued");
    }
    return finish("done");
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof TerminalError) {
      queue.forget(item);
      log.error("Cannot reconcile; waiting for a change", { error });
      return finish("terminal", error);
    }
    const asked = error instanceof KubeApiError
      ? (error.retryAfterSeconds ?? 0) * 1000
      : 0;
    queue.addRateLimited(item, asked);
    // A conflict says no more than that our copy was old.
    const level = isConflict(error) ? "debug" : "warn";
    log[level]("Cannot reconcile; will try again", {
      error,
      failures: queue.failures(item),
    });
    return finish("retry", error);
  }
}

async function limited(worker: Worker, key: Key): Promise<Result> {
  const { timeout = 120_000 } = worker;
  using link = new LinkedSignal(worker.signal);
  link.deadline(timeout, `Reconciling took longer than ${timeout} ms`);
  // The work may ignore its signal; then it is left to itself, and the key
  // comes again.
  const left = Promise.withResolvers<never>();
  let grace: ReturnType<typeof setTimeout> | undefined;
  const leave = () => left.reject(link.signal.reason);
  const onAbort = () => {
    if (worker.signal.aborted) grace = setTimeout(leave, GRACE);
    else leave();
  };
  link.signal.addEventListener("abort", onAbort, { once: true });
  try {
    // `async` makes a synchronous throw a rejection like any other.
    const run = (async () => await worker.reconcile(key, link))();
    return await Promise.race([run, left.promise]);
  } finally {
    clearTimeout(grace);
    link.signal.removeEventListener("abort", onAbort);
  }
}

/** The key of an object. */
export function keyOf(object: KubeObject): Key {
  const { namespace, name } = object.metadata;
  return namespace ? { namespace, name } : { name };
}

function keyToString(key: Key): string {
  return `${key.namespace ?? ""}/${key.name}`;
}

function keyFromString(item: string): Key {
  const slash = item.indexOf("/");
  const namespace = item.slice(0, slash);
  const name = item.slice(slash + 1);
  return namespace ? { namespace, name } : { name };
}
