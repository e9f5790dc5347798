type Item = Record<string, unknown> | null | undefined;

/**
 * Items of a list by what names them in FieldsV1
 * (sigs.k8s.io/structured-merge-diff): found without a look at the whole list
 * for each, since lists may be long and each of their items is asked for.
 */
export class ListItems {
  readonly #list: readonly unknown[];
  #byValue: Map<string, unknown> | undefined;
  /** By field: places of items by its value; `undefined` for those that have none. */
  readonly #byField = new Map<string, Map<unknown, number[]>>();

  constructor(list: readonly unknown[]) {
    this.#list = list;
  }

  /** The first item of that JSON (`v:`). */
  withValue(json: string): unknown {
    if (!this.#byValue) {
      this.#byValue = new Map();
      for (const item of this.#list.toReversed()) {
        this.#byValue.set(JSON.stringify(item), item);
      }
    }
    return this.#byValue.get(json);
  }

  /**
   * The first item with these fields (`k:`). One that has a default may be left
   * out of a manifest, but not all of them.
   */
  withFields(fields: Record<string, unknown>): unknown {
    const entries = Object.entries(fields);
    const [fewest] = entries.map(([field, value]) => this.#places(field, value))
      .sort((a, b) => a.length - b.length);
    const at = fewest?.find((at) => {
      const item = this.#list[at] as Item;
      return entries.every(([field, value]) =>
        item?.[field] === undefined || item[field] === value
      ) && entries.some(([field, value]) => item?.[field] === value);
    });
    return at === undefined ? undefined : this.#list[at];
  }

  /** Places of items that have this value in a field, or none, in their order. */
  #places(field: string, value: unknown): number[] {
    let places = this.#byField.get(field);
    if (!places) {
      this.#byField.set(field, places = new Map());
      for (const [at, item] of this.#list.entries()) {
        const found = (item as Item)?.[field];
        const others = places.get(found);
        if (others) others.push(at);
        else places.set(found, [at]);
      }
    }
    const having = places.get(value) ?? [];
    const lacking = places.get(undefined) ?? [];
    return lacking.length
      ? [...having, ...lacking].sort((a, b) => a - b)
      : having;
  }
}
