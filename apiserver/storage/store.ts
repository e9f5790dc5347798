import { expired, StatusError } from "../errors.ts";
import type { Change, KubeObject, ObjectKey, Reader } from "../types.ts";
import { Entry, type EntryChange } from "./entry.ts";
import { HistoryLimit } from "./history_limit.ts";
import { KeyLocks } from "./key_locks.ts";
import type { Log, Row } from "./log.ts";
import { ResourceCache } from "./resource_cache.ts";

/** What a writer decides, seeing the newest state of an object. */
export type Decision =
  /** Store this state. The store sets `metadata.resourceVersion`. */
  | { type: "put"; object: KubeObject }
  /** Delete the object; watchers get this last state. */
  | { type: "delete"; object: KubeObject }
  /** Leave everything as it is. */
  | { type: "none" };

/** Options of {@linkcode Store.open}. */
export interface StoreOptions {
  /**
   * How many changes back a watch can start. Older history is compacted, earlier where its objects are large.
   *
   * @default {10_000}
   */
  history?: number;
  /**
   * Bytes of objects that history may hold: with large objects it ends sooner.
   *
   * @default {33_554_432}
   */
  historyBytes?: number;
  /** Called with a compaction that failed; it is tried again later. */
  onError?: (error: unknown) => void;
}

/** Lists longer than this are looked at without being kept parsed. */
const MANY = 200;

interface Pending {
  key: { group: string; resource: string };
  row: Row;
  change: EntryChange;
  resolve: (entry: Entry) => void;
  reject: (error: unknown) => void;
}

/** Numbers for `/metrics`. */
export interface StoreMetrics {
  batches: number;
  rows: number;
  largestBatch: number;
}

/**
 * Every object of the server: the newest state in memory, changes in a log.
 *
 * Writes to one object take turns. Those to different objects share a transaction with everything that arrives
 * while the one before is on its way to the disk. An answer, a read and a watch event all wait for that disk.
 */
export class Store {
  readonly metrics: StoreMetrics = { batches: 0, rows: 0, largestBatch: 0 };
  readonly reader: Reader;
  #log: Log;
  /** By group and resource; two maps, since to join a key for each look into one takes longer. */
  #caches = new Map<string, Map<string, ResourceCache>>();
  #locks = new KeyLocks();
  #listeners = new Set<(change: Change) => void>();
  /** resourceVersion given out last, and the last whose commit is known. */
  #assigned = 0;
  #committed = 0;
  #compacted = 0;
  #compacting = false;
  #history: HistoryLimit;
  #onError: (error: unknown) => void;
  #pending: Pending[] = [];
  #flushing: Promise<void> | undefined;
  #closed = false;
  /** Random name of this storage. */
  instance = "";

  private constructor(log: Log, options: StoreOptions) {
    this.#log = log;
    this.#history = new HistoryLimit({
      changes: options.history ?? 10_000,
      bytes: options.historyBytes ?? 32 << 20,
    });
    this.#onError = options.onError ?? (() => {});
    // deno-lint-ignore no-this-alias
    const store = this;
    this.reader = {
      get: (key) => this.get(key)?.object,
      list: (key) => {
        const cache = this.cache(key.group, key.resource);
        const count = cache.count(key.namespace);
        // Quotas are asked for with every write, and mostly there is none.
        if (count === 0) return [];
        return Array.from(
          cache.entries(key.namespace),
          count > MANY ? (e) => e.peek() : (e) => e.object,
        );
      },
      count: (key) => this.cache(key.group, key.resource).count(key.namespace),
      *mentioning(key, fields) {
        const cache = store.cache(key.group, key.resource);
        for (const entry of cache.entries(key.namespace)) {
          if (entry.mentions(fields)) yield entry.peek();
        }
      },
    };
  }

  /** Opens `log` and takes what it holds into memory. */
  static async open(log: Log, options: StoreOptions = {}): Promise<Store> {
    const store = new Store(log, options);
    const state = await log.open((row) => store.#load(row));
    store.instance = state.instance;
    const forgotten = store.#compacted;
    store.#compacted = Math.max(forgotten, state.compacted);
    store.#committed = Math.max(store.#committed, state.compacted);
    store.#assigned = store.#committed;
    store.#forget(store.#compacted);
    if (forgotten > state.compacted) store.#compactLog();
    return store;
  }

  /** The newest committed resourceVersion; 1 in an empty store, since clients take 0 for "any". */
  get resourceVersion(): number {
    return Math.max(1, this.#committed);
  }

  /** History up to and including this resourceVersion is gone. */
  get compacted(): number {
    return this.#compacted;
  }

  /** How many objects there are. */
  get size(): number {
    let size = 0;
    for (const cache of this.#everyCache()) size += cache.size;
    return size;
  }

  cache(group: string, resource: string): ResourceCache {
    let ofGroup = this.#caches.get(group);
    if (!ofGroup) this.#caches.set(group, ofGroup = new Map());
    let cache = ofGroup.get(resource);
    if (!cache) ofGroup.set(resource, cache = new ResourceCache());
    return cache;
  }

  *#everyCache(): Generator<ResourceCache> {
    for (const ofGroup of this.#caches.values()) yield* ofGroup.values();
  }

  get(key: ObjectKey): Entry | undefined {
    return this.cache(key.group, key.resource)
      .get(key.namespace ?? "", key.name);
  }

  /**
   * The entries as they were at `resourceVersion`.
   *
   * @throws 410 Expired where that is compacted.
   */
  entriesAt(
    key: { group: string; resource: string; namespace?: string },
    resourceVersion: number,
  ): Entry[] {
    const cache = this.cache(key.group, key.resource);
    const current = Array.from(cache.entries(key.namespace));
    if (resourceVersion >= this.#committed) return current;
    this.#checkHistory(resourceVersion);
    // The state before the oldest later change of each object is the state then.
    const then = new Map<string, Entry | undefined>();
    for (const { type, entry, old } of cache.since(resourceVersion)) {
      if (key.namespace !== undefined && entry.namespace !== key.namespace) {
        continue;
      }
      const name = `${entry.namespace}/${entry.name}`;
      if (!then.has(name)) then.set(name, type === "ADDED" ? undefined : old);
    }
    if (then.size === 0) return current;
    const unchanged = current.filter((e) =>
      !then.has(`${e.namespace}/${e.name}`)
    );
    const restored = Array.from(then.values()).filter((e) => e !== undefined);
    const sortKey = (e: Entry) => `${e.namespace}/${e.name}`;
    return [...unchanged, ...restored].sort((a, b) =>
      sortKey(a) < sortKey(b) ? -1 : 1
    );
  }

  /**
   * Changes of a resource after `resourceVersion`, oldest first.
   *
   * @throws 410 Expired where some of them are compacted.
   */
  changesSince(
    key: { group: string; resource: string },
    resourceVersion: number,
  ): EntryChange[] {
    this.#checkHistory(resourceVersion);
    return this.cache(key.group, key.resource).since(resourceVersion);
  }

  #checkHistory(resourceVersion: number) {
    if (resourceVersion >= this.#compacted) return;
    throw expired(
      `too old resource version: ${resourceVersion} (${this.#compacted})`,
    );
  }

  /** Calls `listener` after each commit; returns the way to stop. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Changes one object: `decide` sees its newest state, and nobody else changes it until the decision is
   * stored. Returns the state that then holds: the new one, the last one of a deleted object, or for `none` the
   * present one.
   */
  async write(
    key: ObjectKey,
    decide: (
      current: Entry | undefined,
    ) => Decision | Promise<Decision>,
  ): Promise<Entry | undefined> {
    const { group, resource, namespace = "", name } = key;
    const locked = `${group}/${resource}/${namespace}/${name}`;
    const turn = this.#locks.take(locked);
    if (turn) await turn;
    try {
      const current = this.get(key);
      const decided = decide(current);
      const decision = decided instanceof Promise ? await decided : decided;
      return decision.type === "none"
        ? current
        : await this.#commit(key, current, decision);
    } finally {
      this.#locks.release(locked);
    }
  }

  /** Not async, as every write comes by here: what it throws is for the caller's promise. */
  #commit(
    key: ObjectKey,
    current: Entry | undefined,
    decision: { type: "put" | "delete"; object: KubeObject },
  ): Promise<Entry> {
    if (this.#closed) {
      throw new StatusError(
        503,
        "ServiceUnavailable",
        "the server is shutting down",
      );
    }
    const resourceVersion = ++this.#assigned;
    const object: KubeObject = {
      ...decision.object,
      metadata: {
        ...decision.object.metadata,
        resourceVersion: String(resourceVersion),
      },
    };
    const entry = Entry.of(object, JSON.stringify(object), {
      isNew: current === undefined,
    });
    const deleted = decision.type === "delete";
    const change: EntryChange = {
      type: deleted ? "DELETED" : current ? "MODIFIED" : "ADDED",
      entry,
      old: current,
    };
    return new Promise((resolve, reject) => {
      this.#pending.push({
        key,
        row: {
          resourceVersion,
          previous: current?.resourceVersion ?? 0,
          deleted,
          resource: `${key.group}/${key.resource}`,
          namespace: key.namespace ?? "",
          name: key.name,
          value: entry.bytes,
        },
        change,
        resolve,
        reject,
      });
      this.#flushing ??= this.#flush();
    });
  }

  async #flush() {
    // Lets everything that is ready in this turn of the event loop into the first batch.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      try {
        await this.#log.append(batch.map((p) => p.row));
      } catch (error) {
        const refused = writeFailed(error);
        for (const { reject } of batch) reject(refused);
        continue;
      }
      this.metrics.batches++;
      this.metrics.rows += batch.length;
      this.metrics.largestBatch = Math.max(
        this.metrics.largestBatch,
        batch.length,
      );
      for (const { key, row, change } of batch) {
        this.#committed = row.resourceVersion;
        this.#history.add(row.resourceVersion, row.value.length);
        this.#apply(key, change);
      }
      for (const { change, resolve } of batch) resolve(change.entry);
      this.#compactSoon();
    }
    this.#flushing = undefined;
  }

  #apply(
    { group, resource }: { group: string; resource: string },
    change: EntryChange,
  ) {
    this.cache(group, resource).apply(change);
    if (this.#listeners.size === 0) return;
    const told = new ToldChange(group, resource, change);
    for (const listener of this.#listeners) {
      try {
        listener(told);
      } catch (error) {
        // A listener's bug must not turn a committed write into a failed one.
        this.#onError(error);
      }
    }
  }

  #load(row: Row) {
    const [group, resource] = row.resource.split("/") as [string, string];
    const cache = this.cache(group, resource);
    const old = cache.get(row.namespace, row.name);
    cache.apply({
      type: row.deleted ? "DELETED" : row.previous ? "MODIFIED" : "ADDED",
      entry: new Entry(
        row.namespace,
        row.name,
        row.resourceVersion,
        row.value,
      ),
      old,
    });
    this.#history.add(row.resourceVersion, row.value.length);
    this.#committed = row.resourceVersion;
    // A log that could not be compacted for long may hold more than there is memory.
    const target = this.#historyEnd();
    if (target !== undefined) this.#forgetUpTo(target);
  }

  /** Up to where there is more history than should be kept; undefined where there is not. */
  #historyEnd(): number | undefined {
    return this.#history.target({
      committed: this.#committed,
      compacted: this.#compacted,
    });
  }

  #compactSoon() {
    const target = this.#historyEnd();
    if (target === undefined) return;
    this.#forgetUpTo(target);
    if (!this.#compacting) this.#compactLog();
  }

  /** Has the log catch up with what is forgotten here; while a backup is read that waits, and takes no memory. */
  #compactLog() {
    this.#compacting = true;
    this.#log.compact(this.#compacted)
      .catch(this.#onError)
      .finally(() => this.#compacting = false);
  }

  /** Forgets history up to and including `resourceVersion`. Live watches carry on. */
  async compact(resourceVersion: number): Promise<void> {
    const target = Math.min(resourceVersion, this.#committed);
    if (target <= this.#compacted) return;
    this.#forgetUpTo(target);
    await this.#log.compact(target);
  }

  #forgetUpTo(resourceVersion: number) {
    this.#compacted = resourceVersion;
    this.#forget(resourceVersion);
  }

  #forget(upTo: number) {
    this.#history.compacted(upTo);
    for (const cache of this.#everyCache()) cache.compact(upTo);
  }

  /** Waits for writes under way, then closes the log. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    await this.#log.close();
  }
}

/** A change as listeners see it: its objects are read by few, and perhaps no longer at hand. */
class ToldChange implements Change {
  readonly type: Change["type"];
  readonly #change: EntryChange;

  constructor(
    readonly group: string,
    readonly resource: string,
    change: EntryChange,
  ) {
    this.type = change.type;
    this.#change = change;
  }

  get object(): KubeObject {
    return this.#change.entry.object;
  }

  get old(): KubeObject | undefined {
    const { type, old } = this.#change;
    return type === "MODIFIED" ? old?.object : undefined;
  }
}

function writeFailed(error: unknown): StatusError {
  const message = error instanceof Error ? error.message : String(error);
  return /disk is full/.test(message)
    ? new StatusError(
      507,
      "InsufficientStorage",
      `Cannot store the object: ${message}; free space on the server's disk and try again`,
    )
    : new StatusError(
      500,
      "InternalError",
      `Cannot store the object: ${message}`,
    );
}
