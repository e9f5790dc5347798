import type { Environment } from "@marcbachmann/cel-js";
import type { Schema } from "../types.ts";

/** Turns a JSON value into what CEL expects by its schema: integers as BigInt, times as Date, bytes as bytes. */
export type Convert = (value: unknown) => unknown;

const keywords = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while"
    .split(" "),
);

/** The name that a rule uses for a property: `a-b` is `a__dash__b`. */
export function celName(property: string): string {
  if (keywords.has(property)) return `__${property}__`;
  return property
    .replace(/__/g, "__underscores__")
    .replace(/\./g, "__dot__")
    .replace(/-/g, "__dash__")
    .replace(/\//g, "__slash__");
}

/** What no schema describes: whole numbers are integers. */
function convertAny(value: unknown): unknown {
  if (typeof value === "number") {
    return Number.isInteger(value) ? BigInt(value) : value;
  }
  if (!value || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(convertAny);
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, convertAny(v)]),
  );
}

const integer: Convert = (v) =>
  typeof v === "number" && Number.isInteger(v) ? BigInt(v) : v;
const date: Convert = (v) => typeof v === "string" ? new Date(v) : v;
const bytes: Convert = (v) => {
  if (typeof v !== "string") return v;
  return Uint8Array.from(atob(v), (c) => c.charCodeAt(0));
};

/** Compiles the conversion for `schema`; undefined where values pass as they are. */
export function compileConvert(
  schema: Schema,
  env: Environment,
): Convert | undefined {
  if (schema["x-kubernetes-int-or-string"]) return integer;
  switch (schema.type) {
    case "integer":
      return integer;
    case "string":
      if (/^(date|date-?time)$/.test(schema.format ?? "")) return date;
      if (schema.format === "byte") return bytes;
      if (schema.format === "duration") {
        const parse = env.clone().registerVariable("text", "string")
          .parse("duration(text)");
        return (text) => typeof text === "string" ? parse({ text }) : text;
      }
      return undefined;
    case "number":
    case "boolean":
      return undefined;
    case "array": {
      const item = schema.items
        ? compileConvert(schema.items, env)
        : convertAny;
      if (!item) return undefined;
      return (value) => Array.isArray(value) ? value.map(item) : value;
    }
  }
  return compileObject(schema, env);
}

function compileObject(
  schema: Schema,
  env: Environment,
): Convert | undefined {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, sub]) => ({
      name,
      cel: celName(name),
      convert: compileConvert(sub, env),
    }),
  );
  const known = new Set(properties.map((p) => p.name));
  const rest = typeof schema.additionalProperties === "object"
    ? compileConvert(schema.additionalProperties, env)
    : convertAny;
  const plain = properties.every((p) => !p.convert && p.cel === p.name);
  if (plain && rest === undefined) return undefined;
  return (value) => {
    if (!value || typeof value !== "object" || Array.isArray(value)) {
      return convertAny(value);
    }
    const object = value as Record<string, unknown>;
    const out: Record<string, unknown> = {};
    for (const { name, cel, convert } of properties) {
      const sub = object[name];
      if (sub !== undefined) out[cel] = convert ? convert(sub) : sub;
    }
    for (const key in object) {
      if (known.has(key) || object[key] === undefined) continue;
      out[key] = rest ? rest(object[key]) : object[key];
    }
    return out;
  };
}
