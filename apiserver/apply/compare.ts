import { isObject } from "../is_object.ts";
import type { Json } from "../types.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { FieldSet } from "./field_set.ts";
import type { ListType, MapType, MergeType } from "./merge_type.ts";
import { fieldElement } from "./path_element.ts";
import { fieldType, itemElement, resolve, type Resolved } from "./resolve.ts";

/** What differs between two objects. */
export interface Comparison {
  added: FieldSet;
  removed: FieldSet;
  modified: FieldSet;
}

interface Walk extends Comparison {
  path: string[];
}

/** Compares two objects of one type. */
export function compare(
  left: Json,
  right: Json,
  type: MergeType,
): Comparison {
  const walk: Walk = {
    added: new FieldSet(),
    removed: new FieldSet(),
    modified: new FieldSet(),
    path: [],
  };
  visit(left, right, type, walk);
  const { added, removed, modified } = walk;
  return { added, removed, modified };
}

function visit(
  left: Json | undefined,
  right: Json | undefined,
  type: MergeType,
  walk: Walk,
): void {
  // Most of an object stays what it was: equal values need no walk.
  if (left === right) return;
  const a = resolve(type, left);
  const b = resolve(type, right);
  let leaf: boolean;
  if (right === undefined) leaf = handle(a, left, right, walk);
  else if (left === undefined || a.kind === b.kind) {
    leaf = handle(b, left, right, walk);
  } else {
    // The value changed its form: what was there goes, what is there comes.
    handle(a, left, right, walk);
    leaf = handle(b, left, right, walk);
  }
  if (leaf) return;
  if (left === undefined) walk.added.insert(walk.path);
  else if (right === undefined) walk.removed.insert(walk.path);
}

/** Returns whether the value was compared as a whole. */
function handle(
  as: Resolved,
  left: Json | undefined,
  right: Json | undefined,
  walk: Walk,
): boolean {
  switch (as.kind) {
    case "map": {
      const a = isObject(left) ? left : undefined;
      const b = isObject(right) ? right : undefined;
      const empty = (!a || !Object.keys(a).length) &&
        (!b || !Object.keys(b).length);
      if (as.map.atomic || empty) return whole(left, right, walk);
      visitMap(as.map, a ?? {}, b ?? {}, walk);
      return false;
    }
    case "list": {
      const a = Array.isArray(left) ? left : [];
      const b = Array.isArray(right) ? right : [];
      if (as.list.atomic || (!a.length && !b.length)) {
        return whole(left, right, walk);
      }
      visitList(as.list, a, b, walk);
      return false;
    }
    default:
      return whole(left, right, walk);
  }
}

function whole(
  left: Json | undefined,
  right: Json | undefined,
  walk: Walk,
): true {
  if (left === undefined) walk.added.insert(walk.path);
  else if (right === undefined) walk.removed.insert(walk.path);
  else if (!deepEqual(left, right)) walk.modified.insert(walk.path);
  return true;
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

/** Items by element; a list may (against its schema) hold several of one. */
function group(list: ListType, items: Json[]): Map<string, Json[]> {
  const out = new Map<string, Json[]>();
  for (const item of items) {
    let element: string;
    try {
      element = itemElement(list, item);
    } catch {
      continue;
    }
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
      if (!deepEqual(a, b)) walk.modified.insert(walk.path);
    } else if (a.length > 1) {
      if (b.length) visit(undefined, b[0], list.item, walk);
      walk.removed.insert(walk.path);
    } else {
      if (a.length) visit(a[0], undefined, list.item, walk);
      walk.added.insert(walk.path);
    }
    walk.path.pop();
  }
}
