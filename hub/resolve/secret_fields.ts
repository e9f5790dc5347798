/**
 * The secret fields of a config: those that its schema marks `writeOnly`.
 *
 * @module
 */
import { isConfig } from "./config.ts";
import { type JsonSchema, unescapePointer } from "./config_schema.ts";

/** Deeper nesting of schemas without a step into the value is a schema that refers to itself. */
const DEEPEST = 64;

/** JSON Pointers (RFC 6901) of the values that `schema` marks `writeOnly`, in the order of the value. */
export function secretFields(value: unknown, schema: JsonSchema): string[] {
  const found = new Set<string>();
  visit(schema, value, "", DEEPEST);
  return [...found].sort();

  function visit(
    at: unknown,
    inner: unknown,
    path: string,
    depth: number,
  ): void {
    if (!isConfig(at) || inner === undefined || depth === 0) return;
    // What is below a secret is part of it.
    if (at.writeOnly === true) return void found.add(path);
    const same = [
      ...lists(at, "allOf", "anyOf", "oneOf"),
      at.if,
      at.then,
      at.else,
      typeof at.$ref === "string" ? follow(schema, at.$ref) : undefined,
    ];
    for (const other of same) visit(other, inner, path, depth - 1);
    if (Array.isArray(inner)) {
      const first = lists(at, "prefixItems");
      inner.forEach((item, i) =>
        visit(first[i] ?? at.items, item, `${path}/${i}`, DEEPEST)
      );
    } else if (isConfig(inner)) {
      for (const [key, field] of Object.entries(inner)) {
        for (const known of fieldSchemas(at, key)) {
          visit(known, field, `${path}/${escapePointer(key)}`, DEEPEST);
        }
      }
    }
  }
}

/** The value at a pointer; undefined where there is none. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pathOf(pointer).reduce(
    (at, token) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, token)
        ? (at as Record<string, unknown>)[token]
        : undefined,
    value,
  );
}

/**
 * Puts `replacement` at a pointer whose parent is there, changing `value`.
 * Undefined takes the value out; in a list, null keeps its place.
 */
export function replaceAt(
  value: unknown,
  pointer: string,
  replacement: unknown,
): void {
  const path = pathOf(pointer);
  const last = path.pop()!;
  const parent = valueAt(value, pointerTo(path)) as Record<string, unknown>;
  if (replacement !== undefined) parent[last] = replacement;
  else if (Array.isArray(parent)) parent[Number(last)] = null;
  else delete parent[last];
}

function fieldSchemas(at: JsonSchema, key: string): unknown[] {
  const { properties, patternProperties, additionalProperties } = at;
  const found: unknown[] = [];
  if (isConfig(properties) && Object.hasOwn(properties, key)) {
    found.push(properties[key]);
  }
  if (isConfig(patternProperties)) {
    for (const [pattern, known] of Object.entries(patternProperties)) {
      if (new RegExp(pattern, "u").test(key)) found.push(known);
    }
  }
  return found.length ? found : [additionalProperties];
}

function lists(at: JsonSchema, ...keys: string[]): unknown[] {
  return keys.flatMap((key) => Array.isArray(at[key]) ? at[key] : []);
}

function follow(schema: JsonSchema, ref: string): unknown {
  return ref.startsWith("#")
    ? valueAt(schema, decodeURIComponent(ref.slice(1)))
    : undefined;
}

/** What a JSON Pointer (RFC 6901) leads through. */
function pathOf(pointer: string): string[] {
  return pointer === "" ? [] : pointer.slice(1).split("/").map(unescapePointer);
}

/** The JSON Pointer (RFC 6901) of what a path leads to. */
export function pointerTo(path: readonly (string | number)[]): string {
  return path.map((part) => `/${escapePointer(String(part))}`).join("");
}

/** A token as it stands in a JSON Pointer (RFC 6901). */
export function escapePointer(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}
