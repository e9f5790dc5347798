import type { Entry, EntryChange } from "./entry.ts";
import { SortedNames } from "./sorted_names.ts";

/** Called with each change that may concern a watcher; the watcher itself applies selectors. */
export type Listener = (change: EntryChange) => void;

interface NamespaceIndex {
  names: SortedNames;
  entries: Map<string, Entry>;
}

function position(sorted: string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The newest state of every object of one resource, its recent changes, and who follows them. */
export class ResourceCache {
  /** Recent changes in order of resourceVersion. */
  changes: EntryChange[] = [];
  #namespaces = new Map<string, NamespaceIndex>();
  // Sorted with the slash that follows a namespace in a key, since `a-b/x` stands before `a/x`.
  #order: string[] = [];
  #size = 0;
  /** Watchers by what they are limited to: `namespace/name`, `namespace/`, or everything (empty). */
  #listeners = new Map<string, Set<Listener>>();

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): Entry | undefined {
    return this.#namespaces.get(namespace)?.entries.get(name);
  }

  /** Entries in the order of their keys, of one namespace or (undefined) of all. */
  *entries(namespace?: string): Generator<Entry> {
    const order = namespace === undefined ? this.#order : [`${namespace}/`];
    for (const prefix of order) {
      const index = this.#namespaces.get(prefix.slice(0, -1));
      if (!index) continue;
      for (const name of index.names.all()) {
        const entry = index.entries.get(name);
        // Whoever takes its time may come when one is gone.
        if (entry) yield entry;
      }
    }
  }

  count(namespace?: string): number {
    if (namespace === undefined) return this.#size;
    return this.#namespaces.get(namespace)?.entries.size ?? 0;
  }

  /** Takes a change in: state, history, then those who follow. */
  apply(change: EntryChange): void {
    if (change.type === "DELETED") this.#remove(change.entry);
    else this.put(change.entry);
    this.changes.push(change);
    this.#notify(change);
  }

  /** Sets the state without an event, for loading. */
  put(entry: Entry): void {
    let index = this.#namespaces.get(entry.namespace);
    if (!index) {
      index = { names: new SortedNames(), entries: new Map() };
      this.#namespaces.set(entry.namespace, index);
      const prefix = `${entry.namespace}/`;
      this.#order.splice(position(this.#order, prefix), 0, prefix);
    }
    if (!index.entries.has(entry.name)) {
      index.names.add(entry.name);
      this.#size++;
    }
    index.entries.set(entry.name, entry);
  }

  #remove(entry: Entry): void {
    const index = this.#namespaces.get(entry.namespace);
    if (!index?.entries.delete(entry.name)) return;
    index.names.delete(entry.name);
    this.#size--;
    if (index.entries.size > 0) return;
    this.#namespaces.delete(entry.namespace);
    this.#order.splice(position(this.#order, `${entry.namespace}/`), 1);
  }

  /** Changes after `resourceVersion`, oldest first. */
  since(resourceVersion: number): EntryChange[] {
    let low = 0;
    let high = this.changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.changes[middle]!.entry.resourceVersion;
      if (at <= resourceVersion) low = middle + 1;
      else high = middle;
    }
    return this.changes.slice(low);
  }

  /** Forgets changes up to and including `resourceVersion`. */
  compact(resourceVersion: number): void {
    this.changes = this.since(resourceVersion);
  }

  /** Calls `listener` after each change inside `scope` (nothing, a namespace, or a name in it). */
  listen(
    scope: { namespace?: string; name?: string },
    listener: Listener,
  ): () => void {
    const key = scopeKey(scope.namespace, scope.name);
    let set = this.#listeners.get(key);
    if (!set) this.#listeners.set(key, set = new Set());
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#listeners.get(key) === set) {
        this.#listeners.delete(key);
      }
    };
  }

  #notify(change: EntryChange): void {
    const { namespace, name } = change.entry;
    if (this.#listeners.size === 0) return;
    const tell = (key: string) => {
      const set = this.#listeners.get(key);
      if (set) { for (const listener of set) listener(change); }
    };
    tell("");
    tell(scopeKey(namespace));
    tell(scopeKey(namespace, name));
    // Kept, they would double what history takes.
    change.encoded = undefined;
  }
}

function scopeKey(namespace?: string, name?: string): string {
  if (namespace === undefined) return "";
  return name === undefined ? `n/${namespace}` : `o/${namespace}/${name}`;
}
