import { isEmptyObject } from "../is_object.ts";
import type { JsonObject } from "../types.ts";
import {
  compareElements,
  normalizeElement,
  showElement,
} from "./path_element.ts";

/** A path as serialized elements. */
export type FieldPath = readonly string[];

/**
 * FieldsV1 below one element. An empty object, or one with the key `.`, says that the element itself is in the set;
 * other keys are what lies below it. Never changed once it is part of a set.
 */
export type Fields = JsonObject;

/** The element itself and nothing below it. */
export const LEAF: Fields = Object.freeze({});

/**
 * A set of field paths. A path being in the set says nothing of its parents or children. Held as the FieldsV1 that is
 * stored, so that what an object says need not be decoded and encoded on each write; sets share what is alike.
 */
export class FieldSet {
  readonly fields: Fields;
  /** Whether keys are in Kubernetes' order. */
  readonly #sorted: boolean;

  private constructor(fields: Fields, sorted = false) {
    this.fields = fields;
    this.#sorted = sorted;
  }

  static readonly empty = new FieldSet(LEAF, true);

  /** A set of the given paths. */
  static of(...paths: FieldPath[]): FieldSet {
    const fields: Fields = {};
    for (const path of paths) insert(fields, path);
    return new FieldSet(fields);
  }

  /** The set that `fields` stands for: made here, with elements in the server's form. Changed no more. */
  static from(fields: Fields): FieldSet {
    return new FieldSet(fields);
  }

  /** What {@linkcode FieldSet.encode} gave. */
  static stored(fields: Fields | undefined): FieldSet {
    return fields ? new FieldSet(fields, true) : FieldSet.empty;
  }

  /**
   * Reads FieldsV1 that a client wrote.
   *
   * @throws {Error} where an element is malformed.
   */
  static decode(fields: JsonObject | undefined): FieldSet {
    const { ".": _, ...rest } = decode(fields ?? {});
    return new FieldSet(rest);
  }

  /** Writes FieldsV1, keys in Kubernetes' order. */
  encode(): JsonObject {
    return this.#sorted ? this.fields : sorted(this.fields);
  }

  /** Whether exactly `path` is in the set. */
  has(path: FieldPath): boolean {
    let node: Fields | undefined = this.fields;
    for (const element of path) {
      node = below(node, element);
      if (!node) return false;
    }
    return path.length > 0 && isMember(node);
  }

  /** Whether the element, as a path of its own, is in the set. */
  hasElement(element: string): boolean {
    const node = below(this.fields, element);
    return node !== undefined && isMember(node);
  }

  /** What lies below an element; undefined where there is nothing. */
  child(element: string): FieldSet | undefined {
    const node = below(this.fields, element);
    if (!node || isEmptyObject(node)) return undefined;
    const { ".": _, ...rest } = node;
    return new FieldSet(rest, this.#sorted);
  }

  isEmpty(): boolean {
    return isEmptyObject(this.fields);
  }

  /** Whether `other` has every path of this set. */
  isSubsetOf(other: FieldSet): boolean {
    return isSubset(this.fields, other.fields);
  }

  /** Whether some path is in both sets. */
  intersects(other: FieldSet): boolean {
    return intersect(this.fields, other.fields);
  }

  union(other: FieldSet): FieldSet {
    if (this.isEmpty()) return other;
    return this.#with(union(this.fields, other.fields));
  }

  intersection(other: FieldSet): FieldSet {
    return this.#with(intersection(this.fields, other.fields));
  }

  /** Without the paths of `other`; what lies below those stays. */
  difference(other: FieldSet): FieldSet {
    return this.#with(difference(this.fields, other.fields));
  }

  /** Without the paths of `other` and all that lies below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (other.isEmpty()) return this;
    return this.#with(recursiveDifference(this.fields, other.fields));
  }

  /** Calls `visit` with each path, in Kubernetes' order. */
  forEach(visit: (path: FieldPath) => void): void {
    walk(this.fields, visit, []);
  }

  #with(fields: Fields): FieldSet {
    return fields === this.fields ? this : new FieldSet(fields);
  }
}

/** Adds `path` to fields that are being built. */
export function insert(fields: Fields, path: FieldPath): void {
  graft(fields, path, LEAF);
}

/** Puts what stands for `path`, made for it, into fields that are being built. */
export function graft(
  fields: Fields,
  path: FieldPath,
  node: Fields,
): void {
  let into = fields;
  for (let i = 0; i < path.length - 1; i++) {
    const element = path[i]!;
    const next = below(into, element);
    // Nothing else is empty here. To look into each would take as long as to list its keys: of many fields, of each.
    if (next && next !== LEAF) into = next;
    else into = into[element] = next ? { ".": LEAF } : {};
  }
  const last = path.at(-1);
  if (last === undefined) return;
  const there = below(into, last);
  into[last] = there ? unionOf(there, node) : node;
}

/** `node`, and the element that it stands for with it. */
export function withMember(node: Fields | undefined): Fields {
  return !node ? LEAF : isMember(node) ? node : { ".": LEAF, ...node };
}

function below(fields: Fields, element: string): Fields | undefined {
  return fields[element] as Fields | undefined;
}

function isMember(node: Fields): boolean {
  return node["."] !== undefined || isEmptyObject(node);
}

/** A node after something was taken from it; undefined where nothing is left. */
function tidy(node: Fields): Fields | undefined {
  let self = false;
  for (const key in node) {
    if (key !== ".") return node;
    self = true;
  }
  return self ? LEAF : undefined;
}

function decode(fields: JsonObject): Fields {
  const out: Fields = {};
  for (const key in fields) {
    if (key === ".") {
      out["."] = LEAF;
      continue;
    }
    const node = decode((fields[key] ?? {}) as JsonObject);
    graft(out, [normalizeElement(key)], tidy(node) ?? LEAF);
  }
  return out;
}

function sorted(node: Fields): Fields {
  let inOrder = true;
  let last: string | undefined;
  // Of nodes that are not in order themselves. To look at each once: twice would double with each level.
  let changed: Fields | undefined;
  for (const key in node) {
    if (last !== undefined && order(last, key) > 0) inOrder = false;
    last = key;
    const child = below(node, key)!;
    const inItsOrder = sorted(child);
    if (inItsOrder !== child) (changed ??= {})[key] = inItsOrder;
  }
  if (inOrder) return changed ? { ...node, ...changed } : node;
  const out: Fields = {};
  for (const key of Object.keys(node).sort(order)) {
    out[key] = changed?.[key] ?? node[key]!;
  }
  return out;
}

function order(a: string, b: string): number {
  return a === "." ? -1 : b === "." ? 1 : compareElements(a, b);
}

function isSubset(a: Fields, b: Fields): boolean {
  if (a === b) return true;
  for (const key in a) {
    if (key === ".") continue;
    const mine = below(a, key)!;
    const theirs = below(b, key);
    if (!theirs || isMember(mine) && !isMember(theirs)) return false;
    if (!isSubset(mine, theirs)) return false;
  }
  return true;
}

function intersect(a: Fields, b: Fields): boolean {
  for (const key in a) {
    if (key === ".") continue;
    const mine = below(a, key)!;
    const theirs = below(b, key);
    if (!theirs) continue;
    if (isMember(mine) && isMember(theirs)) return true;
    if (intersect(mine, theirs)) return true;
  }
  return false;
}

/** Of two nodes that stand for the same element. */
function unionOf(a: Fields, b: Fields): Fields {
  if (a === b) return a;
  if (isEmptyObject(b)) return withMember(a);
  if (isEmptyObject(a)) return withMember(b);
  return union(a, b);
}

function union(a: Fields, b: Fields): Fields {
  let out = a;
  for (const key in b) {
    const mine = below(a, key);
    const theirs = below(b, key)!;
    const both = mine ? unionOf(mine, theirs) : theirs;
    if (both === mine) continue;
    if (out === a) out = { ...a };
    out[key] = both;
  }
  return out;
}

function intersection(a: Fields, b: Fields): Fields {
  const out: Fields = {};
  for (const key in a) {
    const mine = below(a, key)!;
    const theirs = below(b, key);
    if (!theirs) continue;
    const node = mine === theirs ? mine : intersectionOf(mine, theirs);
    if (node) out[key] = node;
  }
  return out;
}

function intersectionOf(mine: Fields, theirs: Fields): Fields | undefined {
  if (isEmptyObject(mine)) return isMember(theirs) ? LEAF : undefined;
  if (isEmptyObject(theirs)) return isMember(mine) ? LEAF : undefined;
  return tidy(intersection(mine, theirs));
}

type Take = (mine: Fields, theirs: Fields) => Fields | undefined;

/** `a`, each of its elements without what `take` takes; `a` itself where it takes nothing. */
function without(a: Fields, b: Fields, take: Take): Fields {
  const out: Fields = {};
  let same = true;
  for (const key in a) {
    const mine = below(a, key)!;
    const theirs = below(b, key);
    const node = theirs ? take(mine, theirs) : mine;
    if (node) out[key] = node;
    same &&= node === mine;
  }
  return same ? a : out;
}

function difference(a: Fields, b: Fields): Fields {
  return without(a, b, (mine, theirs) => {
    if (isEmptyObject(mine)) return isMember(theirs) ? undefined : mine;
    if (isEmptyObject(theirs)) {
      if (mine["."] === undefined) return mine;
      const { ".": _, ...rest } = mine;
      return rest;
    }
    const node = difference(mine, theirs);
    return node === mine ? mine : tidy(node);
  });
}

function recursiveDifference(a: Fields, b: Fields): Fields {
  return without(a, b, (mine, theirs) => {
    if (isMember(theirs)) return undefined;
    if (isEmptyObject(mine)) return mine;
    const node = recursiveDifference(mine, theirs);
    return node === mine ? mine : tidy(node);
  });
}

function walk(
  node: Fields,
  visit: (path: FieldPath) => void,
  prefix: FieldPath,
): void {
  const keys = Object.keys(node).filter((key) => key !== ".")
    .sort(compareElements);
  for (const key of keys) {
    if (isMember(below(node, key)!)) visit([...prefix, key]);
  }
  for (const key of keys) walk(below(node, key)!, visit, [...prefix, key]);
}

/** `.spec.list[name="a"].x`. */
export function showPath(path: FieldPath): string {
  return path.map(showElement).join("");
}
