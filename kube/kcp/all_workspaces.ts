/**
 * Lists and watches of a resource in all workspaces at once.
 *
 * @module
 */
import type { KubeObject } from "../../api/meta.ts";
import type { JSONValue, RequestOptions, RestClient } from "../contract.ts";
import { isGone, KubeApiError } from "../kube_api_error.ts";
import { LinkedSignal } from "../linked_signal.ts";

/** One of the places that the objects of a resource are spread over: a shard, or the hub's own workspace. */
export interface Source {
  /** The same for as long as it is the same place. */
  id: string;
  rest: RestClient;
  /** Path of the resource there. */
  path: string;
  /** The object as the hub sees it; undefined where it is none of the hub's. */
  adopt(object: KubeObject): KubeObject | undefined;
}

/** Options of {@linkcode watchAll}. */
export interface WatchAllOptions {
  /** Calls the listener when the sources are others, or show more than before. @returns A function that ends it. */
  onChange(listener: () => void): () => void;
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
  const versions = new Map(
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
  version: string;
}

async function listSource(
  source: Source,
  opts: RequestOptions,
): Promise<SourceList> {
  const { rest, path, adopt } = source;
  const read = async (query: Record<string, string | undefined>) => {
    const querystring = new URLSearchParams(opts.querystring);
    // Every source has its own; what the caller has is of all together.
    querystring.delete("resourceVersion");
    querystring.delete("resourceVersionMatch");
    querystring.delete("continue");
    querystring.delete("limit");
    for (const [key, value] of Object.entries(query)) {
      if (value) querystring.set(key, value);
    }
    const page = await rest.performRequest({
      ...opts,
      path,
      querystring,
      expectJson: true,
    }) as unknown as Page;
    // A virtual workspace that is just being opened answers with something else.
    if (!page.metadata) throw changed();
    return page;
  };
  const list: SourceList = { items: [], rows: [], version: "" };
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
    list.version = resourceVersion;
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
 * @throws {KubeApiError} Gone, also amid the watch, where the sources are no longer those of that resourceVersion
 */
export async function watchAll(
  sources: Source[],
  opts: RequestOptions,
  { onChange }: WatchAllOptions,
): Promise<ReadableStream<JSONValue>> {
  const versions = parseVersion(opts.querystring?.get("resourceVersion"));
  const same = versions.size === sources.length &&
    sources.every(({ id }) => versions.has(id));
  if (!same) throw changed();
  const link = new LinkedSignal(opts.abortSignal);
  let streams: ReadableStream<JSONValue>[];
  try {
    streams = await Promise.all(sources.map(({ id, rest, path }) => {
      const querystring = new URLSearchParams(opts.querystring);
      querystring.set("resourceVersion", versions.get(id)!);
      return rest.performRequest({
        ...opts,
        path,
        querystring,
        expectStream: true,
        expectJson: true,
        abortSignal: link.signal,
      });
    }));
  } catch (error) {
    link.abort();
    link[Symbol.dispose]();
    throw error;
  }
  return merge(sources, { streams, versions, link, onChange });
}

interface WatchEvent {
  type: string;
  object: KubeObject;
}

function merge(
  sources: Source[],
  { streams, versions, link, onChange }: WatchAllOptions & {
    streams: ReadableStream<JSONValue>[];
    versions: Map<string, string>;
    link: LinkedSignal;
  },
): ReadableStream<JSONValue> {
  const { readable, writable } = new TransformStream<JSONValue, JSONValue>();
  const writer = writable.getWriter();
  const write = (event: unknown) => writer.write(event as JSONValue);

  async function pump({ id, adopt }: Source, stream: ReadableStream) {
    for await (const value of stream) {
      const { type, object } = value as WatchEvent;
      if (type === "ERROR") {
        await write(value);
        continue;
      }
      const adopted = type === "BOOKMARK" ? undefined : adopt(object);
      // Not awaited alone: nothing may come between an event and its bookmark, which counts it as seen.
      const written = adopted && write({ type, object: adopted });
      versions.set(id, object.metadata.resourceVersion!);
      const { apiVersion, kind } = object;
      const bookmark = write({
        type: "BOOKMARK",
        object: {
          apiVersion,
          kind,
          metadata: { resourceVersion: formatVersion(versions) },
        },
      });
      await Promise.all([written, bookmark]);
    }
  }

  let ended = false;
  const end = (error?: unknown) => {
    if (ended) return;
    ended = true;
    stop();
    clearTimeout(timer);
    const { signal } = link;
    const closing = error === undefined
      ? writer.close()
      : writer.abort(signal.aborted ? signal.reason : error);
    closing.catch(() => {}); // the reader has gone
    link.abort();
    link[Symbol.dispose]();
  };
  const stop = onChange(() => {
    write({ type: "ERROR", object: { kind: "Status", ...changedStatus } })
      .catch(() => {});
    end();
  });
  const timer = sources.length ? undefined : setTimeout(end, EMPTY_WATCH);
  writer.closed.catch(end);
  link.signal.addEventListener("abort", () => end(link.signal.reason));
  // Where one source ends the watch, all of it ends; the reader goes on from the last bookmark.
  sources.forEach((source, i) =>
    pump(source, streams[i]!).then(() => end(), end)
  );
  return readable;
}

const changedStatus = {
  code: 410,
  reason: "Expired",
  message:
    "the shards of kcp, or its workspaces, are no longer those of this resourceVersion; list again",
};

function changed(): KubeApiError {
  return new KubeApiError(changedStatus);
}

/** Versions of sources as one: opaque to everybody else. */
function formatVersion(versions: Map<string, string>): string {
  return `kcp?${new URLSearchParams([...versions])}`;
}

function parseVersion(text: string | null | undefined): Map<string, string> {
  // One of an object alone says nothing of the other sources.
  if (!text?.startsWith("kcp?")) throw changed();
  return new Map(new URLSearchParams(text.slice(4)));
}
