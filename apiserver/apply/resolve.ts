import { isObject } from "../is_object.ts";
import type { Json } from "../types.ts";
import { keyElement, valueElement } from "./path_element.ts";
import type { ListType, MapType, MergeType } from "./merge_type.ts";

/** The part of a type that applies to a value. */
export type Resolved = MapType | ListType | { kind: "scalar" };

const SCALAR: Resolved = { kind: "scalar" };

/** What `value` is treated as under `type`; null and values of the wrong form take the type's first form. */
export function resolve(type: MergeType, value: Json | undefined): Resolved {
  if (value !== null && value !== undefined) {
    if (Array.isArray(value)) {
      if (type.list) return type.list;
    } else if (typeof value === "object") {
      if (type.map) return type.map;
    } else if (type.scalar) return SCALAR;
  }
  return type.map ?? (type.scalar ? SCALAR : type.list!);
}

/** The type of one key of a map. */
export function fieldType(map: MapType, key: string): MergeType | undefined {
  return map.fields.get(key)?.type ?? map.rest;
}

/** An item of an associative list that has not what names it. */
export class NamelessItem extends Error {}

/**
 * The element that names an item of an associative list.
 *
 * @throws {NamelessItem} where the item cannot be named.
 */
export function itemElement(list: ListType, item: Json): string {
  if (!list.keys.length) {
    if (isObject(item)) {
      throw new NamelessItem(
        "associative list without keys has an element that's a map type",
      );
    }
    if (Array.isArray(item)) {
      throw new NamelessItem(
        "not supported: associative list with lists as elements",
      );
    }
    if (item === null) {
      throw new NamelessItem(
        "associative list without keys has an element that's an explicit null",
      );
    }
    return valueElement(item);
  }
  if (item === null) {
    throw new NamelessItem(
      "associative list with keys may not have a null element",
    );
  }
  if (!isObject(item)) {
    throw new NamelessItem(
      "associative list with keys may not have non-map elements",
    );
  }
  const keys: [string, Json][] = [];
  for (const key of list.keys) {
    const value = item[key] ?? list.item.map?.fields.get(key)?.default;
    if (value !== undefined) keys.push([key, value]);
  }
  if (!keys.length) {
    const names = list.keys.map((k) => JSON.stringify(k)).join(" ");
    throw new NamelessItem(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(keys);
}
