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
  /** Objects that have owners by their own uid: what their references said, and the uids in them. */
  readonly #owned = new Map<
    string,
    { key: string; text: string; uids: string[] }
  >();

  /** Whether an object had owners when it was last taken in. */
  has(uid: string): boolean {
    return this.#owned.has(uid);
  }

  /** Takes in the current owners of an object; says whether they changed. */
  put(key: string, { metadata }: KubeObject): boolean {
    const references = metadata.ownerReferences ?? [];
    const text = references.length === 0 ? "" : JSON.stringify(references);
    if ((this.#owned.get(metadata.uid)?.text ?? "") === text) return false;
    this.remove(metadata.uid);
    if (!text) return true;
    for (const { uid, blockOwnerDeletion } of references) {
      let dependents = this.#dependents.get(uid);
      if (!dependents) this.#dependents.set(uid, dependents = new Map());
      dependents.set(key, { key, blocks: blockOwnerDeletion ?? false });
    }
    const uids = references.map(({ uid }) => uid);
    this.#owned.set(metadata.uid, { key, text, uids });
    return true;
  }

  /** Forgets the object of this uid. */
  remove(uid: string): void {
    const owned = this.#owned.get(uid);
    if (!owned) return;
    for (const owner of owned.uids) {
      const dependents = this.#dependents.get(owner);
      dependents?.delete(owned.key);
      if (dependents?.size === 0) this.#dependents.delete(owner);
    }
    this.#owned.delete(uid);
  }

  dependents(uid: string): Dependent[] {
    return [...this.#dependents.get(uid)?.values() ?? []];
  }

  /** Keys of all objects that have an owner. */
  owned(): string[] {
    return Array.from(this.#owned.values(), ({ key }) => key);
  }
}
