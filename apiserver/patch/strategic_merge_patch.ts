import { badRequest } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { objectMetaSchema } from "../schema/object_meta.ts";
import type { Json, JsonObject, Schema } from "../types.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";
const SET_ORDER = "$setElementOrder/";

/**
 * Strategic merge patch: lists whose schema says `x-kubernetes-patch-strategy: merge` are merged by their merge key.
 * Directives: `$patch: replace|delete|merge`, `$retainKeys`, `$deleteFromPrimitiveList/x`, `$setElementOrder/x`. The
 * document is not changed; parts that stay are shared with the result.
 *
 * @throws {StatusError} 400 for a malformed patch.
 */
export function strategicMergePatch(
  document: JsonObject,
  patch: Json,
  schema: Schema | undefined,
): JsonObject {
  if (!isObject(patch)) {
    throw badRequest("error decoding patch: the patch must be an object");
  }
  return mergeMap(document, patch, rootSchema(schema));
}

function rootSchema(schema: Schema | undefined): Schema {
  return {
    ...schema,
    properties: { ...schema?.properties, metadata: objectMetaSchema },
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function subSchema(schema: Schema | undefined, key: string) {
  return schema?.properties?.[key] ??
    (typeof schema?.additionalProperties === "object"
      ? schema.additionalProperties
      : undefined);
}

/** The strategies of a field: `merge`, `replace`, `retainKeys`. */
function strategies(schema: Schema | undefined): string[] {
  return (schema?.["x-kubernetes-patch-strategy"] ?? "").split(",");
}

function mergeMap(
  original: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined) {
    const { [DIRECTIVE]: _, ...rest } = patch;
    if (directive === "replace") return withoutDirectives(rest) as JsonObject;
    if (directive === "delete") return {};
    if (directive !== "merge") {
      throw badRequest(
        `Unknown patch type found: ${JSON.stringify(directive)}`,
      );
    }
    patch = rest;
  }
  const out: JsonObject = { ...original };
  retainKeys(out, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined || key === RETAIN_KEYS) continue;
    if (key.startsWith(DELETE_PRIMITIVES)) {
      const name = key.slice(DELETE_PRIMITIVES.length);
      deletePrimitives(out, name, value);
      continue;
    }
    if (key.startsWith(SET_ORDER)) {
      // The order only; what the lists hold is merged with the field itself, or stays.
      const name = key.slice(SET_ORDER.length);
      if (patch[name] === undefined && Array.isArray(out[name])) {
        out[name] = reorder(out[name], {
          order: value,
          key: mergeKey(schema?.properties?.[name]),
          patched: [],
        });
      }
      continue;
    }
    mergeField(out, key, {
      value,
      schema: subSchema(schema, key),
      order: patch[SET_ORDER + key],
    });
  }
  return out;
}

function retainKeys(out: JsonObject, patch: JsonObject): void {
  const keep = patch[RETAIN_KEYS];
  if (keep === undefined) return;
  if (!Array.isArray(keep)) {
    throw badRequest(
      `invalid patch format of retainKeys: ${JSON.stringify(keep)}`,
    );
  }
  const keys = new Set(keep);
  for (const key of Object.keys(patch)) {
    if (!key.startsWith("$") && patch[key] !== null && !keys.has(key)) {
      throw badRequest(
        "patch contains fields not present in the $retainKeys list",
      );
    }
  }
  for (const key of Object.keys(out)) if (!keys.has(key)) delete out[key];
}

function deletePrimitives(
  out: JsonObject,
  name: string,
  values: Json,
): void {
  const list = out[name];
  if (!Array.isArray(values)) {
    throw badRequest(
      `invalid patch format of primitive list: ${JSON.stringify(values)}`,
    );
  }
  if (!Array.isArray(list)) return;
  out[name] = list.filter((item) => !values.some((v) => deepEqual(v, item)));
}

function mergeField(
  out: JsonObject,
  key: string,
  { value, schema, order }: {
    value: Json;
    schema: Schema | undefined;
    order: Json | undefined;
  },
): void {
  if (value === null) {
    delete out[key];
    return;
  }
  const before = out[key];
  if (isObject(value)) {
    const replace = strategies(schema).includes("replace") ||
      !isObject(before);
    if (!replace) {
      if (value[DIRECTIVE] === "delete") delete out[key];
      else out[key] = mergeMap(before, value, schema);
    } else if (value[DIRECTIVE] === "delete") delete out[key];
    else out[key] = withoutDirectives(value);
    return;
  }
  if (
    Array.isArray(value) && strategies(schema).includes("merge")
  ) {
    out[key] = mergeList(Array.isArray(before) ? before : [], value, {
      schema,
      name: key,
      order,
    });
    return;
  }
  out[key] = withoutDirectives(value);
}

function mergeKey(schema: Schema | undefined): string | undefined {
  return schema?.["x-kubernetes-patch-merge-key"];
}

function mergeList(
  original: Json[],
  patch: Json[],
  { schema, name, order }: {
    schema: Schema | undefined;
    name: string;
    order: Json | undefined;
  },
): Json[] {
  const key = mergeKey(schema);
  if (key === undefined) {
    const out = [...original];
    for (const item of patch) {
      if (!out.some((o) => deepEqual(o, item))) out.push(item);
    }
    return order === undefined
      ? out
      : reorder(out, { order, key, patched: patch });
  }
  let out = [...original];
  const items: JsonObject[] = [];
  let replace = false;
  for (const item of patch) {
    if (!isObject(item)) {
      throw badRequest(
        `map: ${
          JSON.stringify(item)
        } does not contain declared merge key: ${key}`,
      );
    }
    const { [DIRECTIVE]: directive, ...rest } = item;
    if (directive === "replace") {
      replace = true;
      continue;
    }
    if (rest[key] === undefined) {
      throw badRequest(
        `map: ${
          JSON.stringify(item)
        } does not contain declared merge key: ${key}`,
      );
    }
    if (directive === "delete") {
      out = out.filter((o) => !sameKey(o, rest[key], key));
    } else if (directive === undefined || directive === "merge") {
      items.push(rest);
    } else {
      throw badRequest(
        `Unknown patch type found: ${JSON.stringify(directive)}`,
      );
    }
  }
  if (replace) return items.map((i) => withoutDirectives(i));
  for (const item of items) {
    const at = out.findIndex((o) => sameKey(o, item[key], key));
    if (at < 0) out.push(withoutDirectives(item));
    else out[at] = mergeMap(out[at] as JsonObject, item, schema?.items);
  }
  if (order === undefined) return out;
  if (!Array.isArray(order)) {
    throw badRequest(
      `invalid patch format of setElementOrder list ${name}`,
    );
  }
  return reorder(out, { order, key, patched: items });
}

function sameKey(item: Json, value: Json | undefined, key: string): boolean {
  return isObject(item) && deepEqual(item[key], value);
}

/**
 * Puts the items named by `order` in that order; items that only the server has keep their place relative to the
 * item before them.
 */
function reorder(
  list: Json[],
  { order, key }: { order: Json; key: string | undefined; patched: Json[] },
): Json[] {
  if (!Array.isArray(order)) return list;
  const idOf = (item: Json) =>
    JSON.stringify(key !== undefined && isObject(item) ? item[key] : item);
  const place = new Map(order.map((item, i) => [idOf(item), i]));
  const ordered = list.filter((item) => place.has(idOf(item)))
    .sort((a, b) => place.get(idOf(a))! - place.get(idOf(b))!);
  const original = new Map(list.map((item, i) => [idOf(item), i]));
  const others = list.filter((item) => !place.has(idOf(item)));
  const out: Json[] = [];
  let o = 0;
  let s = 0;
  while (o < ordered.length || s < others.length) {
    if (s >= others.length) out.push(ordered[o++]!);
    else if (o >= ordered.length) out.push(others[s++]!);
    else if (
      original.get(idOf(others[s]!))! < original.get(idOf(ordered[o]!))!
    ) out.push(others[s++]!);
    else out.push(ordered[o++]!);
  }
  return out;
}

/** What a patch adds as new must not keep directives. */
function withoutDirectives(value: Json): Json {
  if (Array.isArray(value)) {
    return value
      .filter((item) => !(isObject(item) && item[DIRECTIVE] !== undefined))
      .map(withoutDirectives);
  }
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, sub] of Object.entries(value)) {
    if (
      key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(SET_ORDER) ||
      key.startsWith(DELETE_PRIMITIVES) || sub === null || sub === undefined
    ) continue;
    out[key] = withoutDirectives(sub);
  }
  return out;
}
