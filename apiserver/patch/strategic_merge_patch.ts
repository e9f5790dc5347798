import { isObject } from "../is_object.ts";
import { badRequest, StatusError } from "../errors.ts";
import { goType, goValue, jsonKind } from "../schema/go_value.ts";
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
    throw badRequest(
      `json: cannot unmarshal ${
        jsonKind(patch)
      } into Go value of type map[string]interface {}`,
    );
  }
  return mergeMap(document, patch, rootSchema(schema));
}

function rootSchema(schema: Schema | undefined): Schema {
  return {
    ...schema,
    properties: { ...schema?.properties, metadata: objectMetaSchema },
  };
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
    if (directive !== "merge") throw unknownDirective(directive, patch);
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
          server: out[name],
          key: mergeKey(schema?.properties?.[name]),
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
      "invalid patch format of retainKeys",
    );
  }
  const keys = new Set(keep);
  for (const key of Object.keys(patch)) {
    if (!key.startsWith("$") && patch[key] !== null && !keys.has(key)) {
      throw badRequest(
        "invalid patch format of retainKeys",
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
    throw badRequest("invalid patch format of primitive list");
  }
  if (!Array.isArray(list)) return;
  const gone = new Set(values.map((value) => JSON.stringify(value)));
  out[name] = list.filter((item) => !gone.has(JSON.stringify(item)));
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
    if (!replace) out[key] = mergeMap(before, value, schema);
    else if (value[DIRECTIVE] === "delete") delete out[key];
    else out[key] = withoutDirectives(value);
    return;
  }
  if (
    Array.isArray(value) && strategies(schema).includes("merge")
  ) {
    out[key] = mergeList(Array.isArray(before) ? before : undefined, value, {
      schema,
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
  original: Json[] | undefined,
  patch: Json[],
  { schema, order }: { schema: Schema | undefined; order: Json | undefined },
): Json[] {
  const key = mergeKey(schema);
  const merged = key === undefined
    ? mergeScalars(original, patch)
    : mergeItems(original, patch, { key, items: schema?.items });
  if (order === undefined) return merged;
  checkOrder(patch, order, key);
  return reorder(merged, { order, server: original ?? [], key });
}

function mergeScalars(original: Json[] | undefined, patch: Json[]): Json[] {
  if (!original) return patch;
  const seen = new Set<string>();
  const merged = [...original, ...patch].filter((item) => {
    const id = JSON.stringify(item);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
  return reorder(merged, { order: patch, server: original, key: undefined });
}

/** `original` is undefined where there is no list yet: then the new one is taken as it is, whatever keys repeat in it. */
function mergeItems(
  original: Json[] | undefined,
  patch: Json[],
  { key, items: itemSchema }: { key: string; items: Schema | undefined },
): Json[] {
  const idOf = (item: Json) =>
    isObject(item) ? JSON.stringify(item[key]) : undefined;
  const gone = new Set<string | undefined>();
  const items: JsonObject[] = [];
  let replace = false;
  for (const item of patch) {
    const directive = isObject(item) ? item[DIRECTIVE] : undefined;
    if (directive === "replace") {
      replace = true;
      continue;
    }
    if (!isObject(item) || item[key] === undefined) {
      throw malformed(
        `map: ${goValue(item)} does not contain declared merge key: ${key}`,
      );
    }
    if (directive === undefined) items.push(item);
    else if (directive === "delete") gone.add(idOf(item));
    else if (directive === "merge") {
      throw malformed("merging lists cannot yet be specified in the patch");
    } else throw unknownDirective(directive, item);
  }
  if (replace || !original) return items.map((item) => withoutDirectives(item));
  const server = original.filter((item) => !gone.has(idOf(item)));
  const out = server.slice();
  const places = new Map<string | undefined, number>();
  out.forEach((item, at) => {
    if (!places.has(idOf(item))) places.set(idOf(item), at);
  });
  for (const item of items) {
    const at = places.get(idOf(item));
    if (at === undefined) {
      places.set(idOf(item), out.length);
      out.push(withoutDirectives(item));
    } else out[at] = mergeMap(out[at] as JsonObject, item, itemSchema);
  }
  return reorder(out, { order: items, server, key });
}

/** Such mistakes kube-apiserver answers as its own (500), without a reason; they are the client's. */
function malformed(message: string): StatusError {
  return new StatusError(400, "", message);
}

function unknownDirective(directive: Json, patch: JsonObject): StatusError {
  return malformed(
    `unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`,
  );
}

/** The patched items must stand in the order that the patch asks for. */
function checkOrder(patch: Json[], order: Json, key: string | undefined): void {
  if (!Array.isArray(order)) {
    throw malformed(
      `expected a []interface {}, but received a ${goType(order)}`,
    );
  }
  const idOf = (item: Json) =>
    JSON.stringify(key !== undefined && isObject(item) ? item[key] : item);
  const items = patch.filter((item) =>
    !(isObject(item) && item[DIRECTIVE] !== undefined)
  );
  let at = 0;
  for (const wanted of order) {
    if (at < items.length && idOf(items[at]!) === idOf(wanted)) at++;
  }
  if (at < items.length) {
    throw malformed(
      `The order in patch list:\n${
        goValue(patch)
      }\n doesn't match $setElementOrder list:\n${goValue(order)}\n`,
    );
  }
}

/**
 * Puts the items that `order` names in that order; the others stand in the order that they had on the server, before
 * the named item that followed them there.
 */
function reorder(
  list: Json[],
  { order, server, key }: {
    order: Json;
    server: Json[];
    key: string | undefined;
  },
): Json[] {
  if (!Array.isArray(order)) return list;
  const idOf = (item: Json) =>
    JSON.stringify(key !== undefined && isObject(item) ? item[key] : item);
  const places = (items: Json[]) => {
    const out = new Map<string, number>();
    items.forEach((item, i) => {
      if (!out.has(idOf(item))) out.set(idOf(item), i);
    });
    return (item: Json) => out.get(idOf(item)) ?? -1;
  };
  const wanted = places(order);
  const before = places(server);
  const right = list.filter((item) => wanted(item) >= 0)
    .sort((a, b) => wanted(a) - wanted(b));
  const left = list.filter((item) => wanted(item) < 0)
    .sort((a, b) => before(a) - before(b));
  const out: Json[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    if (l >= left.length) out.push(right[r++]!);
    else if (r >= right.length) out.push(left[l++]!);
    else {
      const a = before(left[l]!);
      const b = before(right[r]!);
      out.push(a >= 0 && b >= 0 && a < b ? left[l++]! : right[r++]!);
    }
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
