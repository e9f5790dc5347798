/**
 * Fields that are named by JSON pointers (RFC 6901), in objects and in the sets
 * of fields of `metadata.managedFields`.
 *
 * @module
 */
import type { ManagedFieldsEntry } from "../../api/meta.ts";

/** Keys and indices that lead to a field. */
export type Pointer = readonly (string | number)[];

type Fields = Record<string, unknown>;

/**
 * The fields that a JSON pointer names in some objects; `*` in it stands for
 * any key or item.
 */
export function expandPointer(
  pointer: string,
  objects: readonly unknown[],
): Pointer[] {
  const parts = pointer.split("/").slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const found = new Map<string, Pointer>();
  const walk = (value: unknown, path: Pointer): void => {
    const part = parts[path.length];
    if (part === undefined) {
      found.set(JSON.stringify(path), path);
      return;
    }
    if (Array.isArray(value)) {
      value.forEach((item, i) => {
        if (part === "*" || part === String(i)) walk(item, [...path, i]);
      });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (part === "*" || part === key) walk(item, [...path, key]);
      }
    }
  };
  for (const object of objects) walk(object, []);
  return [...found.values()];
}

/** A copy of an object without some fields. */
export function withoutFields<T>(object: T, pointers: readonly Pointer[]): T {
  if (pointers.length === 0) return object;
  const copy = structuredClone(object);
  // From the back, so that indices stay true.
  for (const pointer of [...pointers].sort(byLast)) {
    const into = valueAt(copy, pointer.slice(0, -1));
    const last = pointer.at(-1)!;
    if (Array.isArray(into)) into.splice(Number(last), 1);
    else if (isObject(into)) delete into[last];
  }
  return copy;
}

/**
 * What to apply so that some fields stay as they are in `live`: without them
 * where that leaves them alone, and with the live value where they are part of
 * a list or map that has one owner as a whole (atomic).
 */
export function leavingFields<T>(
  object: T,
  options: {
    live: unknown;
    managedFields: readonly ManagedFieldsEntry[];
    pointers: readonly Pointer[];
  },
): T {
  const { live, managedFields, pointers } = options;
  const atomic = pointers.filter((pointer) =>
    managedFields.some((entry) =>
      isWithinLeaf(entry.fieldsV1 as Fields, { pointer, live })
    )
  );
  const copy = structuredClone(object);
  for (const pointer of atomic) {
    const into = valueAt(copy, pointer.slice(0, -1));
    const value = valueAt(live, pointer);
    if (value !== undefined && isObject(into)) into[pointer.at(-1)!] = value;
  }
  return withoutFields(
    copy,
    pointers.filter((pointer) =>
      !atomic.includes(pointer) || valueAt(live, pointer) === undefined
    ),
  );
}

/** A set of fields (sigs.k8s.io/structured-merge-diff) without some; the very same where it has none of them. */
export function releaseFields(
  fields: Record<string, unknown>,
  options: { pointers: readonly Pointer[]; live: unknown },
): Record<string, unknown> {
  let result: Fields | undefined;
  for (const pointer of options.pointers) {
    const keys = fieldKeys(pointer, { fields, live: options.live });
    if (keys?.length !== pointer.length) continue;
    result ??= structuredClone(fields);
    let into = result;
    for (const key of keys.slice(0, -1)) into = into[key] as Fields;
    delete into[keys.at(-1)!];
  }
  return result ?? fields;
}

/** Whether a field is inside of a list or map that is owned as one value. */
function isWithinLeaf(
  fields: Fields,
  { pointer, live }: { pointer: Pointer; live: unknown },
): boolean {
  const keys = fieldKeys(pointer, { fields, live });
  if (!keys || keys.length === 0 || keys.length === pointer.length) {
    return false;
  }
  let at = fields;
  for (const key of keys) at = at[key] as Fields;
  return Object.keys(at).filter((key) => key !== ".").length === 0;
}

/** Keys of a set of fields along a pointer, as far as it goes; each `f:name`, `k:{…}`, `v:…` or `i:0`. */
function fieldKeys(
  pointer: Pointer,
  of: { fields: Fields; live: unknown },
): string[] | undefined {
  const keys: string[] = [];
  let fields = of.fields;
  let value = of.live;
  for (const part of pointer) {
    const item = (value as Fields | undefined)?.[part];
    const key = Object.keys(fields).find((key) =>
      Array.isArray(value)
        ? key === `i:${part}` || key === `v:${JSON.stringify(item)}` ||
          (key.startsWith("k:") && hasKeys(item, key.slice(2)))
        : key === `f:${part}`
    );
    if (key === undefined) break;
    keys.push(key);
    fields = (fields[key] ?? {}) as Fields;
    value = item;
  }
  return keys;
}

function hasKeys(item: unknown, keys: string): boolean {
  return isObject(item) &&
    Object.entries(JSON.parse(keys) as Fields).every(([key, value]) =>
      item[key] === value
    );
}

function valueAt(value: unknown, pointer: Pointer): unknown {
  for (const part of pointer) value = (value as Fields | undefined)?.[part];
  return value;
}

function byLast(a: Pointer, b: Pointer): number {
  const [x, y] = [a.at(-1), b.at(-1)];
  return typeof x === "number" && typeof y === "number" ? y - x : 0;
}

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null;
}
