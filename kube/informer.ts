import type { KubeObject } from "../api/meta.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import type { KubeClient } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { isGone, KubeApiError } from "./kube_api_error.ts";
import { LinkedSignal } from "./linked_signal.ts";
import { type Logger, silentLogger } from "./log.ts";
import { ObjectStore } from "./object_store.ts";
import { type Resource, resourceName } from "./resource.ts";

/** A change of the store of an informer. */
export interface InformerEvent<T extends KubeObject = KubeObject> {
  type: "added" | "updated" | "deleted";
  /** As it is now; as it was last, where it was deleted. */
  object: T;
  /** As it was before an update. */
  old?: T;
}

/** Options of {@linkcode createInformer}. */
export interface InformerOptions {
  /** @default all namespaces */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /**
   * What of an object is held; listeners get all of it once, when it has
   * changed. It has to leave names, namespace, uid and resourceVersion.
   * @default all of it
   */
  keep?: <T extends KubeObject>(object: T) => T;
  /** Ends it. */
  signal: AbortSignal;
  log?: Logger;
  clock?: Clock;
  /** Delays after failures. @default 500 ms doubling up to 30 s, full jitter */
  backoff?: BackoffOptions;
  /**
   * A watch is renewed after that many seconds, and up to twice as many, by
   * chance. @default {300}
   */
  watchTimeoutSeconds?: number;
  /** Silence after which a watch counts as dead, in ms. @default {150000} */
  idleTimeout?: number;
  /** @default {Math.random} */
  random?: () => number;
}

/** A local copy of a resource that follows the server. */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly resource: Resource;
  /** The object, as the server had it lately. Not to be changed. */
  get(namespace: string | undefined, name: string): T | undefined;
  /** All objects, or those of a namespace. Not to be changed. */
  list(namespace?: string): T[];
  /**
   * Calls `listener` for each change, and right away (as `added`) for each
   * object that is there. Errors in it are logged.
   *
   * @returns A function that ends it.
   */
  on(listener: (event: InformerEvent<T>) => void): () => void;
  /**
   * Calls `listener` each time that all of it has been listed, once its changes
   * are told: what came and went since the last time is told by no event.
   *
   * @returns A function that ends it.
   */
  onListed(listener: () => void): () => void;
  /**
   * Resolves when the first list is in the store; rejects with the reason of
   * the signal where that comes first.
   */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  /** Resolves when it has ended, which only its signal makes it do. */
  readonly done: Promise<void>;
  /** Milliseconds since 1970 of the last word from the server. */
  readonly lastContact: number | undefined;
  /** What went wrong last, until it goes well again. */
  readonly lastError: unknown;
  /** Up to where the store follows the server. */
  readonly resourceVersion: string | undefined;
  /** How many objects there are. */
  readonly size: number;
  /**
   * Stops following the server until disposed of, and lists again then: what
   * changes meanwhile is told afterwards, once. For whoever is about to change
   * most of it, since a list costs both sides a fraction of that many events.
   */
  pause(): Disposable;
}

/** Why a watch of a paused informer ends. */
const PAUSED = new Error("The informer is paused");

/**
 * Keeps a local copy of a resource: lists, then watches from there, for ever.
 *
 * Where a watch ends it is resumed from the last resourceVersion; where that
 * is too old (410), the resource is listed again. Failures are repeated with
 * exponential back-off and full jitter. As client-go's reflector.
 */
export function createInformer<T extends KubeObject = KubeObject>(
  client: KubeClient,
  resource: Resource,
  options: InformerOptions,
): Informer<T> {
  return new ReflectingInformer<T>(client, resource, options);
}

class ReflectingInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource;
  readonly synced: Promise<void>;
  readonly done: Promise<void>;
  hasSynced = false;
  lastContact: number | undefined;
  lastError: unknown;
  resourceVersion: string | undefined;

  readonly #client: KubeClient;
  readonly #options: InformerOptions;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #store: ObjectStore<T>;
  readonly #listeners = new Set<(event: InformerEvent<T>) => void>();
  readonly #listedListeners = new Set<() => void>();
  readonly #firstSync = Promise.withResolvers<void>();
  /** Who wants it to pause. */
  readonly #pauses = new Set<symbol>();
  /** Called when nobody does any longer. */
  #resume = () => {};
  #watching: AbortController | undefined;

  constructor(
    client: KubeClient,
    resource: Resource,
    options: InformerOptions,
  ) {
    this.#client = client;
    this.resource = resource;
    this.#options = options;
    this.#store = new ObjectStore<T>(options.keep);
    this.#clock = options.clock ?? systemClock;
    this.#log = (options.log ?? silentLogger)
      .with({ resource: resourceName(resource) });
    this.#backoff = new Backoff({
      base: 500,
      max: 30_000,
      random: options.random,
      ...options.backoff,
    });
    this.synced = this.#firstSync.promise;
    this.synced.catch(() => {}); // not everybody waits for it
    this.done = this.#run();
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(namespace, name);
  }

  list(namespace?: string): T[] {
    return this.#store.list(namespace);
  }

  get size(): number {
    return this.#store.size;
  }

  pause(): Disposable {
    const id = Symbol();
    this.#pauses.add(id);
    this.#watching?.abort(PAUSED);
    return {
      [Symbol.dispose]: () => {
        if (this.#pauses.delete(id) && !this.#pauses.size) this.#resume();
      },
    };
  }

  on(listener: (event: InformerEvent<T>) => void): () => void {
    const own = (event: InformerEvent<T>) => listener(event);
    for (const object of this.#store.list()) {
      this.#call(own, { type: "added", object });
    }
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  onListed(listener: () => void): () => void {
    const own = () => listener();
    this.#listedListeners.add(own);
    return () => this.#listedListeners.delete(own);
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#pauses.size) await this.#resumed();
        if (this.resourceVersion === undefined) await this.#relist();
        if (!this.#pauses.size) await this.#watchOnce();
      } catch (error) {
        if (signal.aborted) break;
        if (error === PAUSED) continue;
        if (wantsRelist(error)) {
          this.#log.debug("Listing again", { error });
          this.resourceVersion = undefined;
        }
        if (!isGone(error)) this.#failed(error);
        await this.#pause(error);
      }
    }
    this.#firstSync.reject(signal.reason);
  }

  async #resumed(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { signal } = this.#options;
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    this.#resume = resolve;
    await promise.finally(() => signal.removeEventListener("abort", stop));
    this.resourceVersion = undefined;
  }

  async #relist(): Promise<void> {
    const { namespace, labelSelector, fieldSelector, signal } = this.#options;
    const list = await this.#client.listAll<T>(this.resource, {
      namespace,
      labelSelector,
      fieldSelector,
      signal,
    });
    signal.throwIfAborted();
    this.#contact();
    for (const event of this.#store.replace(list.items)) this.#emit(event);
    this.resourceVersion = list.metadata.resourceVersion;
    if (!this.hasSynced) {
      this.hasSynced = true;
      this.#firstSync.resolve();
    }
    for (const listener of [...this.#listedListeners]) {
      try {
        listener();
      } catch (error) {
        this.#log.error("A listener of an informer failed", { error });
      }
    }
  }

  /** Watches until the server ends it. Short ones count as failures. */
  async #watchOnce(): Promise<void> {
    const { namespace, labelSelector, fieldSelector, signal } = this.#options;
    const { watchTimeoutSeconds = 300, random = Math.random } = this.#options;
    const started = this.#clock.now();
    let events = 0;
    const watching = this.#watching = new AbortController();
    using link = new LinkedSignal(signal, watching.signal);
    const watch = this.#client.watch<T>(this.resource, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion: this.resourceVersion,
      // By chance, so that watches that began together don't end together.
      timeoutSeconds: Math.ceil(watchTimeoutSeconds * (1 + random())),
      idleTimeout: this.#options.idleTimeout,
      signal: link.signal,
      onOpen: () => this.#contact(),
    });
    for await (const event of watch) {
      link.signal.throwIfAborted();
      events++;
      this.#contact();
      this.#backoff.reset();
      const { object } = event;
      switch (event.type) {
        case "ADDED":
        case "MODIFIED":
          this.#emit(this.#store.put(object));
          break;
        case "DELETED":
          this.#emit(this.#store.remove(object));
          break;
      }
      this.resourceVersion = object.metadata.resourceVersion;
    }
    link.signal.throwIfAborted();
    if (events === 0 && this.#clock.now() - started < 1000) {
      throw new Error(
        `The watch of ${
          resourceName(this.resource)
        } ended at once, without an event`,
      );
    }
    this.#backoff.reset();
  }

  async #pause(error: unknown): Promise<void> {
    const asked = error instanceof KubeApiError
      ? (error.retryAfterSeconds ?? 0) * 1000
      : 0;
    const delay = Math.max(asked, this.#backoff.next());
    await this.#clock.sleep(delay, this.#options.signal).catch(() => {});
  }

  #contact(): void {
    this.lastContact = this.#clock.now();
    if (this.lastError === undefined) return;
    this.lastError = undefined;
    // Whoever reads of a fault wants to read of its end, too.
    this.#log.info("Follows a resource again");
  }

  #failed(error: unknown): void {
    // The same word again and again is for the debug log.
    const level = String(error) === String(this.lastError) ? "debug" : "warn";
    this.lastError = error;
    this.#log[level]("Cannot follow a resource; will try again", {
      error,
      attempt: this.#backoff.attempt + 1,
    });
  }

  #emit(event: InformerEvent<T> | undefined): void {
    if (!event) return;
    for (const listener of [...this.#listeners]) this.#call(listener, event);
  }

  #call(
    listener: (event: InformerEvent<T>) => void,
    event: InformerEvent<T>,
  ): void {
    try {
      listener(event);
    } catch (error) {
      this.#log.error("A listener of an informer failed", {
        error,
        type: event.type,
        namespace: event.object.metadata.namespace,
        name: event.object.metadata.name,
      });
    }
  }
}

/**
 * Whether to go on from a resourceVersion is no use: it is too old (410), lies
 * in the future (a server restored from a backup), or the request is refused
 * as it is. Not where the server is merely busy or away.
 */
function wantsRelist(error: unknown): boolean {
  if (!(error instanceof KubeApiError)) return false;
  if (isGone(error)) return true;
  const tooLarge = error.details?.causes?.some((cause) =>
    cause.reason === "ResourceVersionTooLarge"
  );
  return tooLarge || (error.code < 500 && error.code !== 429);
}
