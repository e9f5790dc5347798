import { StatusError, tooLargeResourceVersion } from "../errors.ts";
import { joinBytes } from "../join_bytes.ts";
import type { ListOptions } from "../request/list_options.ts";
import type { Entry, EntryChange } from "../storage/entry.ts";
import type { KubeObject } from "../types.ts";
import {
  requireObjectShape,
  type Shape,
  shapeKey,
  shapeObject,
} from "./forms.ts";
import { bytesOf, objectOf, ordered } from "./present.ts";
import type { Registry, ResourceRequest } from "./registry.ts";
import type { Served } from "./resources.ts";
import { type Selection, selectionOf } from "./selection.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where a watch's events go. */
export interface Sink {
  /** Takes what the watch starts with, before anything else; its lines are made as the client reads them. */
  begin(lines: Iterable<Bytes>): void;
  /** Takes one event; a sink that can't keep up ends the watch. */
  send(line: Bytes): void;
  /** Ends the watch; the client starts again. */
  end(): void;
}

/** A running watch. */
export interface Watch {
  /** Sends a bookmark, where the client asked for them. */
  bookmark(): void;
  stop(): void;
  /** Set where there is nothing to follow: the stream ends after what was sent. */
  ended?: boolean;
}

const encoder = new TextEncoder();
const TAIL = encoder.encode("}\n");
const HEADS = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
};

/**
 * Follows a selection of objects: sends what the options ask to start with, then each change as it is committed.
 *
 * History that is gone, and a state that is yet to come, are reported as an ERROR event, as kube-apiserver does.
 *
 * @throws 400 for options that can't be met, 406 for a shape that no single object has.
 */
export function watch(
  registry: Registry,
  request: ResourceRequest,
  { options, shape, sink }: {
    options: ListOptions;
    shape: Shape;
    sink: Sink;
  },
): Watch {
  const { store } = registry;
  const { served } = request;
  requireObjectShape(shape);
  // The definition changed while the request waited; the client asks again.
  if (!isServed(registry, served)) {
    return { bookmark() {}, stop() {}, ended: true };
  }
  const selection = selectionOf(request, options);
  const { group, resource } = served.storage;
  const encode = new EventEncoder(served, shape);
  const deliver = (change: EntryChange) => {
    const line = encode.change(change, selection);
    if (line) sink.send(line);
  };
  const from = options.resourceVersion;
  const cache = store.cache(group, resource);
  try {
    if (options.sendInitialEvents ?? !from) {
      if (from && from > store.resourceVersion) {
        throw tooLargeResourceVersion(from, store.resourceVersion);
      }
      const entries = [...initialEntries(registry, request, selection)];
      const last = options.sendInitialEvents && options.allowWatchBookmarks
        ? store.resourceVersion
        : undefined;
      sink.begin(encode.states(entries, last));
    } else if (from) {
      const { namespace } = selection;
      const changes = store.changesSince({ group, resource }, from).filter(
        ({ entry }) => namespace === undefined || entry.namespace === namespace,
      );
      sink.begin(encode.changes(changes, selection));
    }
  } catch (error) {
    const told = error instanceof StatusError &&
      (error.code === 410 || error.code === 504);
    if (!told) throw error;
    sink.send(errorEvent(error));
    return { bookmark() {}, stop() {}, ended: true };
  }
  // No other turn of the event loop lies between the look at what was and this, so nothing is missed or sent twice.
  const scope = selection.namespace === undefined
    ? {}
    : { namespace: selection.namespace, name: selection.name };
  const stop = cache.listen(scope, (change) => {
    if (from !== undefined && change.entry.resourceVersion <= from) return;
    try {
      deliver(change);
    } catch (error) {
      // It ends this watch, never the write that made the change, nor those behind it.
      stop();
      sink.send(errorEvent(
        error instanceof StatusError ? error : new StatusError(
          500,
          "InternalError",
          `the change cannot be told: ${(error as Error).message}`,
        ),
      ));
      sink.end();
    }
  });
  // As the storage of a custom resource ends in kube-apiserver: what it is read by has changed or is gone.
  const forget = served.definition.custom
    ? registry.resources.onChange(() => {
      if (!isServed(registry, served)) sink.end();
    })
    : () => {};
  return {
    stop() {
      stop();
      forget();
    },
    bookmark() {
      if (!options.allowWatchBookmarks) return;
      sink.send(encode.bookmark(store.resourceVersion, false));
    },
  };
}

/** Whether a resource is still what it was; built-in ones always are. */
function isServed({ resources }: Registry, served: Served): boolean {
  const { definition } = served;
  return !definition.custom || resources.get(definition) === served;
}

function* initialEntries(
  { store }: Registry,
  { served: { storage: { group, resource } } }: ResourceRequest,
  { namespace, name, matches }: Selection,
): Generator<Entry> {
  if (namespace !== undefined && name !== undefined) {
    const entry = store.get({ group, resource, namespace, name });
    if (entry && (!matches || matches(entry))) yield entry;
    return;
  }
  for (const entry of store.cache(group, resource).entries(namespace)) {
    if (!matches || matches(entry)) yield entry;
  }
}

/** The event that ends a watch for a reason. */
export function errorEvent(error: StatusError): Bytes {
  return encoder.encode(
    JSON.stringify({ type: "ERROR", object: error.toStatus() }) + "\n",
  );
}

/** What a line tells; LEFT is of an object that the selection has no longer. */
type LineType = "ADDED" | "MODIFIED" | "DELETED" | "LEFT";

/** Makes the lines of a watch; those of changes once for all watches of the same shape. */
class EventEncoder {
  /** Under which a change keeps its line, made once: a watch asks with every change. */
  readonly #keys: Record<LineType, string>;
  /** Whether the columns of a Table are still to be named: the first line of a watch does, as in kube-apiserver. */
  #namesColumns: boolean;

  constructor(readonly served: Served, readonly shape: Shape) {
    const key = (type: LineType) =>
      `${type} ${served.apiVersion} ${shapeKey(shape)}`;
    this.#keys = {
      ADDED: key("ADDED"),
      MODIFIED: key("MODIFIED"),
      DELETED: key("DELETED"),
      LEFT: key("LEFT"),
    };
    this.#namesColumns = shape.as === "Table";
  }

  /** The lines of what is there; a bookmark after them says so, where its resourceVersion is given. */
  states(entries: Entry[], bookmark: number | undefined): Iterable<Bytes> {
    return this.#begun(this.#states(entries, bookmark));
  }

  /** The lines of what was before. */
  changes(changes: EntryChange[], selection: Selection): Iterable<Bytes> {
    return this.#begun(this.#changes(changes, selection));
  }

  /** Lines of which the first is made at once where it names columns: what comes before they are read is no first line. */
  #begun(lines: Generator<Bytes>): Iterable<Bytes> {
    const first = this.#namesColumns ? lines.next() : undefined;
    return !first || first.done ? lines : behind(first.value, lines);
  }

  *#states(
    entries: Entry[],
    bookmark: number | undefined,
  ): Generator<Bytes> {
    for (const entry of entries) yield this.state("ADDED", entry);
    if (bookmark !== undefined) yield this.bookmark(bookmark, true);
  }

  *#changes(changes: EntryChange[], selection: Selection): Generator<Bytes> {
    for (const change of changes) {
      const line = this.change(change, selection);
      // Kept, they would double what history takes.
      change.encoded = undefined;
      if (line) yield line;
    }
  }

  /** The line of a change as the selection sees it; undefined where it doesn't. */
  change(change: EntryChange, { matches }: Selection): Bytes | undefined {
    const { type, entry, old } = change;
    if (!matches) return this.#shared(change, type);
    const was = type !== "ADDED" && old !== undefined && matches(old);
    if (type === "DELETED") {
      return was ? this.#shared(change, "DELETED") : undefined;
    }
    const is = matches(entry);
    if (is) return this.#shared(change, was ? "MODIFIED" : "ADDED");
    return was ? this.#shared(change, "LEFT") : undefined;
  }

  #shared(change: EntryChange, type: LineType): Bytes {
    if (this.#namesColumns) return this.#lineOf(change, type);
    const key = this.#keys[type];
    change.encoded ??= new Map();
    let line = change.encoded.get(key);
    if (!line) change.encoded.set(key, line = this.#lineOf(change, type));
    return line;
  }

  #lineOf(change: EntryChange, type: LineType): Bytes {
    return type === "LEFT"
      ? this.#left(change)
      : this.state(type, change.entry);
  }

  /** An object that left the selection: deleted to this watcher, its last matching state under the new version. */
  #left({ entry, old }: EntryChange): Bytes {
    const last = objectOf(this.served, old!);
    const object = ordered({
      ...last,
      metadata: {
        ...last.metadata,
        resourceVersion: String(entry.resourceVersion),
      },
    }, this.served.apiVersion);
    return this.#shaped("DELETED", object);
  }

  /** The line of one state. */
  state(type: "ADDED" | "MODIFIED" | "DELETED", entry: Entry): Bytes {
    if (this.shape.as === undefined) {
      return joinBytes([HEADS[type], bytesOf(this.served, entry), TAIL]);
    }
    return this.#shaped(type, objectOf(this.served, entry));
  }

  bookmark(resourceVersion: number, initialEventsEnd: boolean): Bytes {
    const { apiVersion, definition: { kind } } = this.served;
    const metadata = {
      resourceVersion: String(resourceVersion),
      ...(initialEventsEnd
        ? { annotations: { "k8s.io/initial-events-end": "true" } }
        : {}),
    };
    // An object of which nothing else is known.
    return this.#shaped(
      "BOOKMARK",
      { kind, apiVersion, metadata } as KubeObject,
    );
  }

  #shaped(type: string, object: KubeObject): Bytes {
    const shaped = shapeObject(this.served, object, {
      ...this.shape,
      now: new Date(),
      namesColumns: this.#namesColumns,
    });
    this.#namesColumns = false;
    return encoder.encode(JSON.stringify({ type, object: shaped }) + "\n");
  }
}

function* behind<T>(first: T, others: Iterable<T>): Generator<T> {
  yield first;
  yield* others;
}
