import type { KubeObject } from "../api/meta.ts";
import type { InformerEvent } from "./informer.ts";

/** Objects by namespace and name, telling what a change of them amounts to. */
export class ObjectStore<T extends KubeObject> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #keep: (object: T) => T;

  /** @param keep What of an object is held. @default all of it */
  constructor(keep: (object: T) => T = (object) => object) {
    this.#keep = keep;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#namespaces.get(namespace ?? "")?.get(name);
  }

  get size(): number {
    return this.#namespaces.values().reduce((n, m) => n + m.size, 0);
  }

  list(namespace?: string): T[] {
    if (namespace !== undefined) {
      return [...this.#namespaces.get(namespace)?.values() ?? []];
    }
    return [...this.#namespaces.values()].flatMap((m) => [...m.values()]);
  }

  /** Puts an object in. @returns nothing where it was in already as it is */
  put(object: T): InformerEvent<T> | undefined {
    const { namespace = "", name, resourceVersion } = object.metadata;
    let objects = this.#namespaces.get(namespace);
    if (!objects) {
      objects = new Map();
      this.#namespaces.set(namespace, objects);
    }
    const old = objects.get(name);
    objects.set(name, this.#keep(object));
    if (!old) return { type: "added", object };
    if (
      old.metadata.resourceVersion === resourceVersion &&
      resourceVersion !== undefined && old.metadata.uid === object.metadata.uid
    ) return undefined;
    return { type: "updated", object, old };
  }

  /** Takes an object out. @returns nothing where it was not in */
  remove(object: T): InformerEvent<T> | undefined {
    const { namespace = "", name } = object.metadata;
    const objects = this.#namespaces.get(namespace);
    const { uid } = objects?.get(name)?.metadata ?? {};
    // Another object has the name already, if two streams tell of one place.
    if (uid !== object.metadata.uid) return undefined;
    if (!objects?.delete(name)) return undefined;
    if (objects.size === 0) this.#namespaces.delete(namespace);
    return { type: "deleted", object };
  }

  /** Makes `objects` all there are. */
  replace(objects: T[]): InformerEvent<T>[] {
    const events: InformerEvent<T>[] = [];
    const gone = new Set(this.list());
    for (const object of objects) {
      const { namespace, name } = object.metadata;
      const old = this.get(namespace, name);
      if (old) gone.delete(old);
      // Deleted and made again while nobody looked: another object.
      if (old && old.metadata.uid !== object.metadata.uid) {
        push(events, this.remove(old));
      }
      push(events, this.put(object));
    }
    for (const object of gone) push(events, this.remove(object));
    return events;
  }
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
