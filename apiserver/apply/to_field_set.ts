import type { Json } from "../types.ts";
import { FieldSet } from "./field_set.ts";
import type { MergeType } from "./merge_type.ts";
import { fieldElement } from "./path_element.ts";
import { isObject } from "../is_object.ts";
import { fieldType, itemElement, resolve } from "./resolve.ts";

/** The set of fields that `value` sets. */
export function toFieldSet(value: Json, type: MergeType): FieldSet {
  const set = new FieldSet();
  visit(value, type, set);
  return set;
}

/** Adds what `value` sets below `element` of `set`; the element itself where it is owned as a whole. */
function enter(
  element: string,
  value: Json,
  { type, set }: { type: MergeType; set: FieldSet },
): void {
  const child = new FieldSet();
  if (visit(value, type, child)) set.members.add(element);
  if (child.members.size || child.children.size) {
    set.children.set(element, child);
  }
}

/** Adds the fields of `value` to `set`; returns whether the value is one that is owned as a whole. */
function visit(value: Json, type: MergeType, set: FieldSet): boolean {
  const as = resolve(type, value);
  if (as.kind === "scalar") return true;
  if (as.kind === "map") {
    if (as.map.atomic) return true;
    if (!isObject(value)) return false;
    for (const key in value) {
      const sub = value[key];
      const subType = fieldType(as.map, key);
      if (sub === undefined || !subType) continue;
      const element = fieldElement(key);
      enter(element, sub, { type: subType, set });
      const bare = sub === null || (isObject(sub) && isEmptyObject(sub));
      // Keys that the schema does not name are owned as such, besides what they hold.
      if (bare || !as.map.fields.has(key)) set.members.add(element);
    }
    return false;
  }
  if (as.list.atomic) return true;
  if (!Array.isArray(value)) return false;
  const seen = new Map<string, number>();
  const elements = value.map((item) => {
    try {
      const element = itemElement(as.list, item);
      seen.set(element, (seen.get(element) ?? 0) + 1);
      return element;
    } catch {
      return undefined;
    }
  });
  elements.forEach((element, i) => {
    if (element === undefined) return;
    if (seen.get(element) === 1) {
      enter(element, value[i]!, { type: as.list.item, set });
    }
    set.members.add(element);
  });
  return false;
}

function isEmptyObject(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** `set` plus the declared fields on the way to its paths: owning `spec.a` then means owning `spec`. */
export function withNamedFields(set: FieldSet, type: MergeType): FieldSet {
  const out = new FieldSet();
  for (const member of set.members) out.members.add(member);
  for (const [element, child] of set.children) {
    let below: MergeType = {};
    if (element.startsWith("f:")) {
      const name = element.slice(2);
      if (type.map) {
        if (type.map.fields.has(name)) out.members.add(element);
        below = fieldType(type.map, name) ?? {};
      }
    } else if (element.startsWith("k:") && type.list) below = type.list.item;
    out.children.set(element, withNamedFields(child, below));
  }
  return out;
}
