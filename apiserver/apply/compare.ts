import { isEmptyObject, isObject } from "../is_object.ts";
import type { Json } from "../types.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { type Fields, FieldSet, graft, insert, LEAF } from "./field_set.ts";
import type { ListType, MapType, MergeType } from "./merge_type.ts";
import { fieldElement } from "./path_element.ts";
import { fieldType, itemElement, resolve, type Resolved } from "./resolve.ts";

/** What differs between two objects. */
export interface Comparison {
  added: FieldSet;
  removed: FieldSet;
  modified: FieldSet;
}

interface Walk {
  added: Fields;
  removed: Fields;
  modified: Fields;
  path: string[];
}

/** Compares two objects of one type. */
export function compare(
  left: Json,
  right: Json,
  type: MergeType,
): Comparison {
  const walk: Walk = { added: {}, removed: {}, modified: {}, path: [] };
  visit(left, right, type, walk);
  return {
    added: FieldSet.from(walk.added),
    removed: FieldSet.from(walk.removed),
    modified: FieldSet.from(walk.modified),
  };
}

function visit(
  left: Json | undefined,
  right: Json | undefined,
  type: MergeType,
  walk: Walk,
): void {
  // Most of an object stays what it was: equal values need no walk.
  if (left === right) return;
  if (left === undefined) {
    return graft(walk.added, walk.path, allFields(right!, type));
  }
  if (right === undefined) {
    return graft(walk.removed, walk.path, allFields(left, type));
  }
  const a = resolve(type, left);
  const b = resolve(type, right);
  // The value may have changed its form: what was there goes, what is there comes.
  if (a.kind !== b.kind) handle(a, left, right, walk);
  handle(b, left, right, walk);
}

function handle(
  as: Resolved,
  left: Json,
  right: Json,
  walk: Walk,
): void {
  switch (as.kind) {
    case "map": {
      const a = isObject(left) ? left : {};
      const b = isObject(right) ? right : {};
      if (!as.atomic && (!isEmptyObject(a) || !isEmptyObject(b))) {
        return visitMap(as, a, b, walk);
      }
      break;
    }
    case "list": {
      const a = Array.isArray(left) ? left : [];
      const b = Array.isArray(right) ? right : [];
      if (!as.atomic && (a.length || b.length)) {
        return visitList(as, a, b, walk);
      }
    }
  }
  if (!deepEqual(left, right)) insert(walk.modified, walk.path);
}

/** A value and all that is in it. */
export function allFields(value: Json, type: MergeType): Fields {
  const as = resolve(type, value);
  let out: Fields | undefined;
  if (as.kind === "map" && !as.atomic && isObject(value)) {
    for (const key in value) {
      const sub = value[key];
      const subType = fieldType(as, key);
      if (sub === undefined || !subType) continue;
      out ??= { ".": LEAF };
      out[fieldElement(key)] = allFields(sub, subType);
    }
  } else if (as.kind === "list" && !as.atomic && Array.isArray(value)) {
    for (const item of value) {
      const element = nameOf(as, item);
      if (element === undefined) continue;
      out ??= { ".": LEAF };
      // Of several with one name nobody can say which is whose.
      out[element] = out[element] ? LEAF : allFields(item, as.item);
    }
  }
  return out ?? LEAF;
}

function visitMap(
  map: MapType,
  left: Record<string, Json | undefined>,
  right: Record<string, Json | undefined>,
  walk: Walk,
): void {
  const one = (key: string) => {
    const type = fieldType(map, key);
    if (!type) return;
    walk.path.push(fieldElement(key));
    visit(left[key], right[key], type, walk);
    walk.path.pop();
  };
  for (const key in left) if (left[key] !== undefined) one(key);
  for (const key in right) {
    if (left[key] === undefined && right[key] !== undefined) one(key);
  }
}

/** The element of an item; undefined where nothing names it. */
function nameOf(list: ListType, item: Json): string | undefined {
  try {
    return itemElement(list, item);
  } catch {
    return undefined;
  }
}

/** Items by element; a list may (against its schema) hold several of one. */
function group(list: ListType, items: Json[]): Map<string, Json[]> {
  const out = new Map<string, Json[]>();
  for (const item of items) {
    const element = nameOf(list, item);
    if (element === undefined) continue;
    const found = out.get(element);
    if (found) found.push(item);
    else out.set(element, [item]);
  }
  return out;
}

function visitList(
  list: ListType,
  left: Json[],
  right: Json[],
  walk: Walk,
): void {
  const before = group(list, left);
  const after = group(list, right);
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const a = before.get(element) ?? [];
    const b = after.get(element) ?? [];
    walk.path.push(element);
    if (a.length <= 1 && b.length <= 1) visit(a[0], b[0], list.item, walk);
    else if (a.length > 1 && b.length > 1) {
      if (!deepEqual(a, b)) insert(walk.modified, walk.path);
    } else if (a.length > 1) {
      if (b.length) visit(undefined, b[0], list.item, walk);
      insert(walk.removed, walk.path);
    } else {
      if (a.length) visit(a[0], undefined, list.item, walk);
      insert(walk.added, walk.path);
    }
    walk.path.pop();
  }
}
