/**
 * Lists and watches of a resource in all workspaces at once.
 *
 * @module
 */
import type { KubeObject } from "../../api/meta.ts";
import { Backoff } from "../backoff.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { JSONValue, RequestOptions, RestClient } from "../contract.ts";
import {
  isForbidden,
  isGone,
  isNotFound,
  KubeApiError,
} from "../kube_api_error.ts";
import { LinkedSignal } from "../linked_signal.ts";
import type { Recognized } from "./recognized.ts";

/** One of the places that the objects of a resource are spread over: a shard, or the hub's own workspace. */
export interface Source {
  /** The same for as long as it is the same place. */
  id: string;
  rest: RestClient;
  /** Path of the resource there. */
  path: string;
  /** The object as the hub sees it; undefined where it is none of the hub's. */
  adopt(object: KubeObject): KubeObject | undefined;
  /** Whether the object's place is another one by now: what is told of it comes late, and only its end counts. @default {false} */
  isPast?(object: KubeObject): boolean;
  /** Places in it whose objects may be told of before it is known that they are the hub's. @default {none} */
  late?: {
    recognized: Recognized;
    /** Path of the resource in one place alone. */
    path(place: string): string;
  };
}

/** Options of {@linkcode watchAll}. */
export interface WatchAllOptions {
  /** Calls the listener when the sources are others. @returns A function that ends it. */
  onChange(listener: () => void): () => void;
  /** Gets word when a source cannot be followed any more while others can. */
  onAway?(source: Source, error: unknown): void;
  clock?: Clock;
}

/** Items of one page. */
const PAGE = 500;
/** A watch of no source at all ends after that time, in milliseconds: silence would look like a dead connection. */
const EMPTY_WATCH = 60_000;

/** Lists a resource in all sources, as one list (or Table) whose resourceVersion {@linkcode watchAll} understands. */
export async function listAll(
  sources: Source[],
  opts: RequestOptions,
): Promise<JSONValue> {
  const lists = await Promise.all(
    sources.map((source) => listSource(source, opts)),
  );
  const versions: Versions = new Map(
    sources.map((source, i) => [source.id, lists[i]!.version]),
  );
  const metadata = { resourceVersion: formatVersion(versions) };
  const columnDefinitions = lists.find((l) => l.columns)?.columns;
  const list = columnDefinitions
    ? {
      apiVersion: "meta.k8s.io/v1",
      kind: "Table",
      metadata,
      columnDefinitions,
      rows: lists.flatMap((l) => l.rows),
    }
    : {
      apiVersion: "v1",
      kind: "List",
      metadata,
      items: lists.flatMap((l) => l.items),
    };
  return list as unknown as JSONValue;
}

/** Parameters of a request that one to a source does not share. */
const OF_THE_WHOLE = [
  ...["resourceVersion", "resourceVersionMatch", "continue", "limit"],
  ...["watch", "timeoutSeconds", "allowWatchBookmarks"],
];

/** A row of a Table (meta.k8s.io/v1). */
interface Row {
  cells: unknown[];
  object: KubeObject;
}

/** A list, or a Table. */
interface Page {
  metadata?: { resourceVersion: string; continue?: string };
  items?: KubeObject[] | null;
  columnDefinitions?: unknown[];
  rows?: Row[] | null;
}

interface SourceList {
  items: KubeObject[];
  columns?: unknown[];
  rows: Row[];
  version: Version;
}

/** Up to where a source is followed. */
interface Version {
  resourceVersion: string;
  /** How many of its late places are seen. */
  recognized: number;
}

/** By the ids of the sources. */
type Versions = Map<string, Version>;

async function listSource(
  source: Source,
  opts: RequestOptions,
): Promise<SourceList> {
  const { rest, path, isPast } = source;
  const adopt = (object: KubeObject) =>
    isPast?.(object) ? undefined : source.adopt(object);
  const read = async (query: Record<string, string | undefined>) => {
    const querystring = new URLSearchParams(opts.querystring);
    // Every source has its own; what the caller has is of all together.
    for (const key of OF_THE_WHOLE) querystring.delete(key);
    for (const [key, value] of Object.entries(query)) {
      if (value) querystring.set(key, value);
    }
    const page = await rest.performRequest({
      ...opts,
      path,
      querystring,
      expectStream: false,
      expectJson: true,
    }) as unknown as Page;
    // A virtual workspace that is just being opened answers with something else.
    if (!page.metadata) throw changed();
    return page;
  };
  const list: SourceList = {
    items: [],
    rows: [],
    // What is recognized from here on may have been left out.
    version: {
      resourceVersion: "",
      recognized: source.late?.recognized.count ?? 0,
    },
  };
  let page = await read({ limit: String(PAGE) });
  while (true) {
    for (const item of page.items ?? []) {
      const adopted = adopt(item);
      if (adopted) list.items.push(adopted);
    }
    for (const row of page.rows ?? []) {
      const object = adopt(row.object);
      if (object) list.rows.push({ ...row, object });
    }
    list.columns ??= page.columnDefinitions;
    const { resourceVersion, continue: next } = page.metadata!;
    list.version.resourceVersion = resourceVersion;
    if (!next) return list;
    try {
      page = await read({ limit: String(PAGE), continue: next });
    } catch (error) {
      if (!isGone(error)) throw error;
      // The pages' common state has been compacted away: all at once.
      list.items = [];
      list.rows = [];
      page = await read({});
    }
  }
}

/**
 * Watches a resource in all sources. Each event is followed by a bookmark with the resourceVersion to go on from.
 *
 * Where a source is away the others go on, and it is asked again and again from where it was.
 *
 * @throws what the first of them to answer answers with, if it does not let us watch; what the last of them failed by,
 * if all are away
 * @throws {KubeApiError} Gone, also amid the watch, where the sources are no longer those of that resourceVersion
 */
export async function watchAll(
  sources: Source[],
  opts: RequestOptions,
  options: WatchAllOptions,
): Promise<ReadableStream<JSONValue>> {
  const versions = parseVersion(opts.querystring?.get("resourceVersion"));
  const same = versions.size === sources.length &&
    sources.every(({ id }) => versions.has(id));
  if (!same) throw changed();
  const merged = new MergedWatch(sources, { ...options, opts, versions });
  if (sources.length) await merged.opened;
  return merged.readable;
}

interface WatchEvent {
  type: string;
  object: KubeObject;
}

/** Watches of all sources, as one. */
class MergedWatch {
  readonly readable: ReadableStream<JSONValue>;
  readonly #writer: WritableStreamDefaultWriter<JSONValue>;
  readonly #link: LinkedSignal;
  readonly #opts: RequestOptions;
  readonly #options: WatchAllOptions;
  /** Up to where each source is followed. */
  readonly #versions: Versions;
  readonly #count: number;
  readonly #away = new Set<string>();
  readonly #opened = Promise.withResolvers<void>();
  #cleanUp: (() => void) | undefined;

  constructor(
    sources: Source[],
    options: WatchAllOptions & {
      opts: RequestOptions;
      versions: Versions;
    },
  ) {
    const { opts, versions, onChange } = options;
    this.#opts = opts;
    this.#options = options;
    this.#versions = versions;
    this.#count = sources.length;
    this.#link = new LinkedSignal(opts.abortSignal);
    this.#opened.promise.catch(() => {}); // nobody waits where it was open before
    const { readable, writable } = new TransformStream<JSONValue, JSONValue>();
    this.readable = readable;
    this.#writer = writable.getWriter();
    const stop = onChange(() => {
      this.#write({
        type: "ERROR",
        object: { kind: "Status", ...changedStatus },
      }).catch(() => {});
      this.#end();
    });
    const timer = sources.length
      ? undefined
      : setTimeout(() => this.#end(), EMPTY_WATCH);
    this.#cleanUp = () => {
      stop();
      clearTimeout(timer);
    };
    const { signal } = this.#link;
    this.#writer.closed.catch((error) => this.#end(error));
    signal.addEventListener("abort", () => this.#end(signal.reason));
    // Where one source ends the watch, all of it ends; the reader goes on from the last bookmark.
    for (const source of sources) {
      this.#follow(source).then(
        () => this.#end(),
        (error) => this.#end(error),
      );
    }
  }

  /** Resolves when one source is watched. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Until the source ends the watch. */
  async #follow(source: Source): Promise<void> {
    const { signal } = this.#link;
    const { clock = systemClock, onAway } = this.#options;
    const backoff = new Backoff({ base: 500, max: 30_000 });
    while (true) {
      try {
        const stream = await this.#open(source);
        this.#away.delete(source.id);
        this.#opened.resolve();
        return await this.#pump(source, { stream, backoff });
      } catch (error) {
        if (signal.aborted || !isAway(error)) throw error;
        const before = this.#away.size;
        this.#away.add(source.id);
        if (this.#away.size === this.#count) throw error;
        if (this.#away.size > before) onAway?.(source, error);
      }
      await clock.sleep(backoff.next(), signal);
    }
  }

  #open({ id, rest, path }: Source): Promise<ReadableStream<JSONValue>> {
    const querystring = new URLSearchParams(this.#opts.querystring);
    const { resourceVersion } = this.#versions.get(id)!;
    querystring.set("resourceVersion", resourceVersion);
    return rest.performRequest({
      ...this.#opts,
      path,
      querystring,
      expectStream: true,
      expectJson: true,
      abortSignal: this.#link.signal,
    });
  }

  async #pump(
    source: Source,
    { stream, backoff }: {
      stream: ReadableStream<JSONValue>;
      backoff: Backoff;
    },
  ): Promise<void> {
    const reader = stream.getReader();
    const ask = () => {
      const next = reader.read();
      // It may fail while something else is waited for, and nobody comes back to it.
      next.catch(() => {});
      return next;
    };
    // Not a race with one promise for all: it would keep something of every event.
    let wake = () => {};
    const stop = source.late?.recognized.on(() => wake());
    try {
      let next = ask();
      while (true) {
        await this.#catchUp(source);
        const { promise, resolve, reject } = Promise.withResolvers<
          ReadableStreamReadResult<JSONValue> | undefined
        >();
        wake = () => resolve(undefined);
        next.then(resolve, reject);
        const read = await promise;
        if (!read) continue;
        if (read.done) return;
        backoff.reset();
        await this.#pass(source, read.value as unknown as WatchEvent);
        next = ask();
      }
    } finally {
      stop?.();
      await reader.cancel().catch(() => {});
    }
  }

  /**
   * Tells of what is in places that have been recognized since. No event of the source passes meanwhile: those that
   * are older than the list are followed by what the list said, and those that are newer come after it.
   */
  async #catchUp(source: Source): Promise<void> {
    const version = this.#versions.get(source.id)!;
    const { late } = source;
    if (!late || late.recognized.count === version.recognized) return;
    const { count } = late.recognized;
    for (const place of late.recognized.since(version.recognized)) {
      const { items } = await listSource(
        { ...source, path: late.path(place) },
        { ...this.#opts, abortSignal: this.#link.signal },
      ).catch((error) => {
        // It is on another shard, or has gone meanwhile.
        if (isNotFound(error) || isForbidden(error)) {
          return { items: [] as KubeObject[] };
        }
        throw error;
      });
      for (const object of items) await this.#write({ type: "ADDED", object });
    }
    version.recognized = count;
  }

  async #pass(
    { id, adopt, isPast }: Source,
    event: WatchEvent,
  ): Promise<void> {
    const { type, object } = event;
    if (type === "ERROR") return await this.#write(event);
    const adopted = type === "BOOKMARK" ||
        (type !== "DELETED" && isPast?.(object))
      ? undefined
      : adopt(object);
    // Not awaited alone: nothing may come between an event and its bookmark, which counts it as seen.
    const written = adopted && this.#write({ type, object: adopted });
    this.#versions.get(id)!.resourceVersion = object.metadata.resourceVersion!;
    const { apiVersion, kind } = object;
    const bookmark = this.#write({
      type: "BOOKMARK",
      object: {
        apiVersion,
        kind,
        metadata: { resourceVersion: formatVersion(this.#versions) },
      },
    });
    await Promise.all([written, bookmark]);
  }

  #write(event: unknown): Promise<void> {
    return this.#writer.write(event as JSONValue);
  }

  #end(error?: unknown): void {
    if (!this.#cleanUp) return;
    this.#cleanUp();
    this.#cleanUp = undefined;
    const { signal } = this.#link;
    const reason = signal.aborted ? signal.reason : error;
    this.#opened.reject(reason ?? changed());
    const closing = error === undefined
      ? this.#writer.close()
      : this.#writer.abort(reason);
    closing.catch(() => {}); // the reader has gone
    this.#link.abort();
    this.#link[Symbol.dispose]();
  }
}

/** Whether an error is that of a server that cannot be reached, or does not work, for now. */
export function isAway(error: unknown): boolean {
  return !(error instanceof KubeApiError) || error.code >= 500 ||
    error.code === 429;
}

const changedStatus = {
  code: 410,
  reason: "Expired",
  message:
    "the shards of kcp are no longer those of this resourceVersion; list again",
};

function changed(): KubeApiError {
  return new KubeApiError(changedStatus);
}

/** Versions of sources as one: opaque to everybody else. */
function formatVersion(versions: Versions): string {
  const all = [...versions].map(([id, { resourceVersion, recognized }]) => [
    id,
    `${resourceVersion}~${recognized}`,
  ]);
  return `kcp?${new URLSearchParams(all)}`;
}

function parseVersion(text: string | null | undefined): Versions {
  // One of an object alone says nothing of the other sources.
  if (!text?.startsWith("kcp?")) throw changed();
  const all = new URLSearchParams(text.slice(4));
  return new Map([...all].map(([id, version]) => {
    const [resourceVersion = "", recognized] = version.split("~");
    return [id, { resourceVersion, recognized: Number(recognized) }];
  }));
}
