import type { Json, JsonObject } from "../types.ts";
import type { FieldSet } from "./field_set.ts";
import type { MergeType } from "./merge_type.ts";
import { fieldElement } from "./path_element.ts";
import { isObject } from "../is_object.ts";
import { fieldType, itemElement, resolve } from "./resolve.ts";

/**
 * `value` without the paths in `remove`; undefined where nothing is left of a list. A map that loses its last key but
 * is not itself in `remove` belongs to somebody and stays, empty (kube-apiserver leaves null, which schemas refuse).
 */
export function removeFields(
  value: Json,
  remove: FieldSet,
  type: MergeType,
): Json | undefined {
  const as = resolve(type, value);
  if (as.kind === "scalar") return value;
  if (as.kind === "map") {
    if (!isObject(value) || as.atomic) return undefined;
    const out: JsonObject = {};
    for (const key in value) {
      const sub = value[key];
      if (sub === undefined) continue;
      const element = fieldElement(key);
      if (remove.hasElement(element)) continue;
      const below = remove.child(element);
      const subType = fieldType(as, key);
      const left = below && subType ? removeFields(sub, below, subType) : sub;
      if (left !== undefined) out[key] = left;
    }
    return out;
  }
  if (!Array.isArray(value) || as.atomic) return undefined;
  const out: Json[] = [];
  for (const item of value) {
    const element = itemElement(as, item);
    if (remove.hasElement(element)) continue;
    const below = remove.child(element);
    out.push(
      below ? removeFields(item, below, as.item) ?? {} : item,
    );
  }
  return out.length ? out : undefined;
}
