import { isEmptyObject, isObject } from "../is_object.ts";
import type { Json } from "../types.ts";
import { type Fields, FieldSet, LEAF, withMember } from "./field_set.ts";
import type { ListType, MapType, MergeType } from "./merge_type.ts";
import { fieldElement } from "./path_element.ts";
import { fieldType, itemElement, resolve } from "./resolve.ts";

/** The set of fields that `value` sets. */
export function toFieldSet(value: Json, type: MergeType): FieldSet {
  return FieldSet.from(fieldsOf(value, type) ?? {});
}

/** What stands for a value: a leaf where it is owned as a whole, undefined where nothing of it is. */
function fieldsOf(value: Json, type: MergeType): Fields | undefined {
  const as = resolve(type, value);
  if (as.kind === "scalar") return LEAF;
  if (as.kind === "map") {
    if (as.atomic) return LEAF;
    return isObject(value) ? fieldsOfMap(value, as) : undefined;
  }
  if (as.atomic) return LEAF;
  return Array.isArray(value) ? fieldsOfList(value, as) : undefined;
}

function fieldsOfMap(
  value: Record<string, Json | undefined>,
  map: MapType,
): Fields | undefined {
  let out: Fields | undefined;
  for (const key in value) {
    const sub = value[key];
    const type = fieldType(map, key);
    if (sub === undefined || !type) continue;
    let node = fieldsOf(sub, type);
    const bare = sub === null || (isObject(sub) && isEmptyObject(sub));
    // Keys that the schema does not name are owned as such, besides what they hold.
    if (bare || !map.fields.has(key)) node = withMember(node);
    if (node) (out ??= {})[fieldElement(key)] = node;
  }
  return out;
}

function fieldsOfList(value: Json[], list: ListType): Fields | undefined {
  let out: Fields | undefined;
  for (const item of value) {
    let element: string;
    try {
      element = itemElement(list, item);
    } catch {
      continue;
    }
    out ??= {};
    // Of several with one name nobody can say which is whose.
    out[element] = out[element] ? LEAF : withMember(fieldsOf(item, list.item));
  }
  return out;
}

/** `set` plus the declared fields on the way to its paths: owning `spec.a` then means owning `spec`. */
export function withNamedFields(set: FieldSet, type: MergeType): FieldSet {
  return FieldSet.from(named(set.fields, type));
}

function named(fields: Fields, type: MergeType): Fields {
  const out: Fields = {};
  for (const element in fields) {
    let below: MergeType = {};
    let declared = false;
    if (element.startsWith("f:")) {
      const name = element.slice(2);
      if (type.map) {
        declared = type.map.fields.has(name);
        below = fieldType(type.map, name) ?? {};
      }
    } else if (element.startsWith("k:") && type.list) below = type.list.item;
    const node = named(fields[element] as Fields, below);
    out[element] = declared ? withMember(node) : node;
  }
  return out;
}
