import type { JsonObject } from "../types.ts";
import {
  compareElements,
  normalizeElement,
  showElement,
} from "./path_element.ts";

/** A path as serialized elements. */
export type FieldPath = readonly string[];

/**
 * A set of field paths: the elements that are members here, and sets of what lies below elements. A path being in
 * the set says nothing of its parents or children. Sets are treated as immutable once built.
 */
export class FieldSet {
  readonly members = new Set<string>();
  readonly children = new Map<string, FieldSet>();

  /** A set of the given paths. */
  static of(...paths: FieldPath[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }

  /**
   * Reads FieldsV1.
   *
   * @throws {Error} where an element is malformed.
   */
  static decode(fields: JsonObject | undefined): FieldSet {
    const set = new FieldSet();
    for (const key in fields) {
      const value = fields[key];
      if (key === ".") continue;
      const element = normalizeElement(key);
      const below = (value ?? {}) as JsonObject;
      const empty = isEmptyObject(below);
      if (empty || below["."] !== undefined) set.members.add(element);
      if (!empty) {
        const child = FieldSet.decode(below);
        if (!child.isEmpty()) set.children.set(element, child);
      }
    }
    return set;
  }

  /** Writes FieldsV1, keys in Kubernetes' order. */
  encode(): JsonObject {
    const out: JsonObject = {};
    const elements = [...this.members];
    for (const key of this.children.keys()) {
      if (!this.members.has(key)) elements.push(key);
    }
    if (elements.length > 1) elements.sort(compareElements);
    for (const element of elements) {
      const child = this.children.get(element);
      if (!child) out[element] = {};
      else if (!this.members.has(element)) out[element] = child.encode();
      else out[element] = { ".": {}, ...child.encode() };
    }
    return out;
  }

  /** Adds `path`; only while the set is being built. */
  insert(path: FieldPath): void {
    if (!path.length) return;
    // deno-lint-ignore no-this-alias
    let set: FieldSet = this;
    for (let i = 0; i < path.length - 1; i++) {
      let next = set.children.get(path[i]!);
      if (!next) set.children.set(path[i]!, next = new FieldSet());
      set = next;
    }
    set.members.add(path[path.length - 1]!);
  }

  /** Whether exactly `path` is in the set. */
  has(path: FieldPath): boolean {
    // deno-lint-ignore no-this-alias
    let set: FieldSet | undefined = this;
    for (let i = 0; i < path.length - 1; i++) {
      set = set.children.get(path[i]!);
      if (!set) return false;
    }
    return set.members.has(path[path.length - 1]!);
  }

  isEmpty(): boolean {
    if (this.members.size) return false;
    for (const child of this.children.values()) {
      if (!child.isEmpty()) return false;
    }
    return true;
  }

  /** Whether `other` has every path of this set. */
  isSubsetOf(other: FieldSet): boolean {
    for (const m of this.members) if (!other.members.has(m)) return false;
    for (const [key, child] of this.children) {
      const theirs = other.children.get(key);
      if (theirs ? !child.isSubsetOf(theirs) : !child.isEmpty()) return false;
    }
    return true;
  }

  /** Whether some path is in both sets. */
  intersects(other: FieldSet): boolean {
    for (const m of this.members) if (other.members.has(m)) return true;
    for (const [key, child] of this.children) {
      const theirs = other.children.get(key);
      if (theirs && child.intersects(theirs)) return true;
    }
    return false;
  }

  union(other: FieldSet): FieldSet {
    const out = new FieldSet();
    for (const m of this.members) out.members.add(m);
    for (const m of other.members) out.members.add(m);
    for (const [key, child] of this.children) {
      const theirs = other.children.get(key);
      out.children.set(key, theirs ? child.union(theirs) : child);
    }
    for (const [key, child] of other.children) {
      if (!this.children.has(key)) out.children.set(key, child);
    }
    return out;
  }

  intersection(other: FieldSet): FieldSet {
    const out = new FieldSet();
    for (const m of this.members) if (other.members.has(m)) out.members.add(m);
    for (const [key, child] of this.children) {
      const theirs = other.children.get(key);
      if (theirs) out.setChild(key, child.intersection(theirs));
    }
    return out;
  }

  /** Without the paths of `other`; what lies below those stays. */
  difference(other: FieldSet): FieldSet {
    const out = new FieldSet();
    for (const m of this.members) if (!other.members.has(m)) out.members.add(m);
    for (const [key, child] of this.children) {
      const theirs = other.children.get(key);
      if (theirs) out.setChild(key, child.difference(theirs));
      else out.children.set(key, child);
    }
    return out;
  }

  /** Without the paths of `other` and all that lies below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    const out = new FieldSet();
    for (const m of this.members) if (!other.members.has(m)) out.members.add(m);
    for (const [key, child] of this.children) {
      if (other.members.has(key)) continue;
      const theirs = other.children.get(key);
      if (theirs) out.setChild(key, child.recursiveDifference(theirs));
      else out.children.set(key, child);
    }
    return out;
  }

  /** Calls `visit` with each path, in Kubernetes' order. */
  forEach(visit: (path: FieldPath) => void, prefix: FieldPath = []): void {
    for (const m of [...this.members].sort(compareElements)) {
      visit([...prefix, m]);
    }
    for (const key of [...this.children.keys()].sort(compareElements)) {
      this.children.get(key)!.forEach(visit, [...prefix, key]);
    }
  }

  private setChild(key: string, child: FieldSet): void {
    if (!child.isEmpty()) this.children.set(key, child);
  }
}

function isEmptyObject(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

/** `.spec.list[name="a"].x`. */
export function showPath(path: FieldPath): string {
  return path.map(showElement).join("");
}
