/**
 * Which objects name which owner.
 *
 * @module
 */
import type { KubeObject } from "../types.ts";

/** An object that names an owner. */
export interface Dependent {
  key: string;
  /** Whether the owner waits for it in foreground deletion. */
  blocks: boolean;
}

/** Dependents by the uid of their owner. */
export class OwnerIndex {
  readonly #dependents = new Map<string, Map<string, Dependent>>();
  /** Key → what its owner references said, and the uids in them. */
  readonly #owners = new Map<string, { text: string; uids: string[] }>();

  /** Takes in the current owners of an object; says whether they changed. */
  put(key: string, object: KubeObject): boolean {
    const references = object.metadata.ownerReferences ?? [];
    const text = references.length === 0 ? "" : JSON.stringify(references);
    if ((this.#owners.get(key)?.text ?? "") === text) return false;
    this.remove(key);
    if (!text) return true;
    for (const { uid, blockOwnerDeletion } of references) {
      let dependents = this.#dependents.get(uid);
      if (!dependents) this.#dependents.set(uid, dependents = new Map());
      dependents.set(key, { key, blocks: blockOwnerDeletion ?? false });
    }
    this.#owners.set(key, { text, uids: references.map(({ uid }) => uid) });
    return true;
  }

  remove(key: string): void {
    for (const uid of this.#owners.get(key)?.uids ?? []) {
      const dependents = this.#dependents.get(uid);
      dependents?.delete(key);
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
    this.#owners.delete(key);
  }

  dependents(uid: string): Dependent[] {
    return [...this.#dependents.get(uid)?.values() ?? []];
  }

  /** Keys of all objects that have an owner. */
  owned(): IterableIterator<string> {
    return this.#owners.keys();
  }
}
