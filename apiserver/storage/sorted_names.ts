/**
 * Names in order. Changes are noted and put in their places when the names are asked for next: to find a place for each
 * of many in a long list, and to move all behind it, would take most of the time of a write.
 */
export class SortedNames {
  #sorted: string[] = [];
  #added = new Set<string>();
  #deleted = new Set<string>();

  /** Adds a name that is not there. */
  add(name: string): void {
    if (!this.#deleted.delete(name)) this.#added.add(name);
  }

  /** Takes out a name that is there. */
  delete(name: string): void {
    if (!this.#added.delete(name)) this.#deleted.add(name);
  }

  /** All of them. A list of its own for as long as nothing changes; not to be changed. */
  all(): readonly string[] {
    if (this.#added.size > 0 || this.#deleted.size > 0) this.#settle();
    return this.#sorted;
  }

  #settle() {
    const added = [...this.#added].sort(byCodeUnits);
    const names: string[] = [];
    let next = 0;
    for (const name of this.#sorted) {
      while (next < added.length && added[next]! < name) {
        names.push(added[next++]!);
      }
      if (!this.#deleted.has(name)) names.push(name);
    }
    while (next < added.length) names.push(added[next++]!);
    this.#sorted = names;
    this.#added.clear();
    this.#deleted.clear();
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}
