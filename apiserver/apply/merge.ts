import { isObject } from "../is_object.ts";
import type { Json, JsonObject } from "../types.ts";
import type { ListType, MapType, MergeType } from "./merge_type.ts";
import { fieldType, itemElement, resolve, type Resolved } from "./resolve.ts";

/** Merges `right` over `left` by `type`; neither is changed, parts are shared. */
export function merge(left: Json, right: Json, type: MergeType): Json {
  return visit(left, right, type) ?? {};
}

function visit(
  left: Json | undefined,
  right: Json | undefined,
  type: MergeType,
): Json | undefined {
  if (right === undefined) return left;
  const as = resolve(type, right);
  return handle(as, left, right);
}

function handle(
  as: Resolved,
  left: Json | undefined,
  right: Json,
): Json | undefined {
  if (as.kind === "map") {
    const a = isObject(left) ? left : undefined;
    const b = isObject(right) ? right : undefined;
    const empty = (!a || !Object.keys(a).length) &&
      (!b || !Object.keys(b).length);
    // Neither of both holding anything keeps the difference of empty and null.
    if (as.atomic || empty) return right;
    return mergeMaps(as, a ?? {}, b ?? {});
  }
  if (as.kind === "list") {
    const a = Array.isArray(left) ? left : [];
    const b = Array.isArray(right) ? right : [];
    if (as.atomic || (!a.length && !b.length)) return right;
    return mergeLists(as, a, b);
  }
  return right;
}

function mergeMaps(
  map: MapType,
  left: JsonObject,
  right: JsonObject,
): JsonObject | undefined {
  const out: JsonObject = { ...left };
  for (const key in right) {
    const value = right[key];
    if (value === undefined) continue;
    const type = fieldType(map, key);
    const merged = type ? visit(left[key], value, type) : value;
    if (merged === undefined) delete out[key];
    else out[key] = merged;
  }
  return Object.keys(out).length ? out : undefined;
}

/**
 * The items of both lists, each once: in the order of `right` where both have an item, items that only `left` has
 * before the shared item that they stood before.
 */
function mergeLists(
  list: ListType,
  left: Json[],
  right: Json[],
): Json[] | undefined {
  const leftElements = left.map((item) => itemElement(list, item));
  const rightElements = right.map((item) => itemElement(list, item));
  const leftItems = new Map<string, Json | undefined>();
  leftElements.forEach((element, i) => {
    // Items that stand there twice are not merged with a new one.
    leftItems.set(element, leftItems.has(element) ? undefined : left[i]);
  });
  const rightItems = new Map(rightElements.map((e, i) => [e, right[i]!]));
  const shared = rightElements.filter((e) => leftItems.has(e));
  let next = shared.shift();
  const merged = new Set<string>();
  const out: Json[] = [];
  const take = (element: string) => {
    merged.add(element);
    const value = visit(
      leftItems.get(element),
      rightItems.get(element)!,
      list.item,
    );
    if (value !== undefined) out.push(value);
  };
  for (let l = 0, r = 0; l < left.length || r < right.length;) {
    const a = leftElements[l];
    const b = rightElements[r];
    if (a !== undefined && b !== undefined) {
      if (a === b) {
        take(a);
        l++;
        r++;
        next = shared.shift();
        continue;
      }
      if (rightItems.has(a) && next !== undefined && next !== a) {
        l++;
        continue;
      }
    }
    if (a !== undefined) {
      if (!rightItems.has(a)) {
        out.push(left[l]!);
        l++;
        continue;
      }
      if (merged.has(a)) l++;
    }
    if (b !== undefined) {
      take(b);
      r++;
      if (next === b) next = shared.shift();
    }
  }
  return out.length ? out : undefined;
}
