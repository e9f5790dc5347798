import type { Json } from "../types.ts";
import { FieldSet } from "./field_set.ts";
import type { MergeType } from "./merge_type.ts";
import { fieldElement } from "./path_element.ts";
import { fieldType, isObject, itemElement, resolve } from "./resolve.ts";

/** The set of fields that `value` sets. */
export function toFieldSet(value: Json, type: MergeType): FieldSet {
  const set = new FieldSet();
  visit(value, type, [], set);
  return set;
}

function visit(
  value: Json,
  type: MergeType,
  path: string[],
  set: FieldSet,
): void {
  const as = resolve(type, value);
  if (as.kind === "scalar") {
    set.insert(path);
    return;
  }
  if (as.kind === "map") {
    if (as.map.atomic) {
      set.insert(path);
      return;
    }
    if (!isObject(value)) return;
    for (const key in value) {
      const sub = value[key];
      const subType = fieldType(as.map, key);
      if (sub === undefined || !subType) continue;
      path.push(fieldElement(key));
      visit(sub, subType, path, set);
      const bare = sub === null ||
        (isObject(sub) && !Object.keys(sub).length);
      // Keys that the schema does not name are owned as such, besides what they hold.
      if (bare || !as.map.fields.has(key)) set.insert(path);
      path.pop();
    }
    return;
  }
  if (as.list.atomic) {
    set.insert(path);
    return;
  }
  if (!Array.isArray(value)) return;
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
    path.push(element);
    if (seen.get(element) === 1) {
      visit(value[i]!, as.list.item, path, set);
    }
    set.insert(path);
    path.pop();
  });
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
