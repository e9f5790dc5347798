import type { Key } from "../../kube/reconciler.ts";

/**
 * Which keys have to be looked at again when something else changes: an index
 * of what each was made of.
 */
export class Dependencies {
  readonly #of = new Map<string, Set<string>>();
  readonly #on = new Map<string, Map<string, Key>>();

  /** Notes all that a key depends on; what it did before is forgotten. */
  set(key: Key, on: Iterable<string>): void {
    const id = `${key.namespace}/${key.name}`;
    const next = new Set(on);
    for (const old of this.#of.get(id) ?? []) {
      if (next.has(old)) continue;
      const dependents = this.#on.get(old)!;
      dependents.delete(id);
      if (!dependents.size) this.#on.delete(old);
    }
    for (const dependency of next) {
      let dependents = this.#on.get(dependency);
      if (!dependents) this.#on.set(dependency, dependents = new Map());
      dependents.set(id, key);
    }
    if (next.size) this.#of.set(id, next);
    else this.#of.delete(id);
  }

  /** The keys that depend on it. */
  dependents(dependency: string): Key[] {
    return [...this.#on.get(dependency)?.values() ?? []];
  }
}
