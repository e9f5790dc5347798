import type { Key } from "../../kube/reconciler.ts";

/** Takes what a key depends on, as it is found. */
export interface Gathering {
  /** Counts at once: it may change while the others are still looked for. */
  add(dependency: string): void;
  /** These are all: what the key depended on before is forgotten. */
  done(): void;
}

/**
 * Which keys have to be looked at again when something else changes: an index
 * of what each was made of.
 */
export class Dependencies {
  readonly #of = new Map<string, Set<string>>();
  readonly #on = new Map<string, Map<string, Key>>();

  /** Gathers anew what a key depends on. */
  gather(key: Key): Gathering {
    const gathered = new Set<string>();
    return {
      add: (dependency) => {
        gathered.add(dependency);
        this.#add(key, dependency);
      },
      done: () => {
        const id = idOf(key);
        for (const old of this.#of.get(id) ?? []) {
          if (!gathered.has(old)) this.#remove(id, old);
        }
      },
    };
  }

  /** Forgets a key. */
  delete(key: Key): void {
    this.gather(key).done();
  }

  /** Whether any key depends on it. */
  has(dependency: string): boolean {
    return this.#on.has(dependency);
  }

  /** The keys that depend on it. */
  dependents(dependency: string): Key[] {
    return [...this.#on.get(dependency)?.values() ?? []];
  }

  #add(key: Key, dependency: string): void {
    const id = idOf(key);
    const of = this.#of.get(id) ?? new Set();
    this.#of.set(id, of.add(dependency));
    const on = this.#on.get(dependency) ?? new Map();
    this.#on.set(dependency, on.set(id, key));
  }

  #remove(id: string, dependency: string): void {
    const of = this.#of.get(id)!;
    of.delete(dependency);
    if (!of.size) this.#of.delete(id);
    const on = this.#on.get(dependency)!;
    on.delete(id);
    if (!on.size) this.#on.delete(dependency);
  }
}

function idOf({ namespace, name }: Key): string {
  return `${namespace}/${name}`;
}
