import type { Environment } from "@marcbachmann/cel-js";
import type { Schema } from "../types.ts";
import { base64Problem } from "./base64_problem.ts";
import { withoutWords } from "./duration_words.ts";

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
const bytes: Convert = (v) => {
  if (typeof v !== "string") return v;
  const at = base64Problem(v);
  return at === undefined
    ? Uint8Array.from(atob(v), (c) => c.charCodeAt(0))
    : unreadable("byte", v, `illegal base64 data at input byte ${at}`);
};

function date(format: string): Convert {
  return (v) => {
    if (typeof v !== "string") return v;
    const time = new Date(v);
    return isNaN(time.getTime())
      ? unreadable(format, v, `cannot parse "${v}"`)
      : time;
  };
}

function duration(env: Environment): Convert {
  const parse = env.clone().registerVariable("text", "string")
    .parse("duration(text)");
  return (v) => {
    if (typeof v !== "string") return v;
    try {
      return parse({ text: withoutWords(v) });
    } catch {
      return unreadable("duration", v, `unable to parse ${v} as duration`);
    }
  };
}

/**
 * Text that its format cannot read: stored before the schema said so, since what is new is validated before any rule
 * runs.
 */
class Unreadable {
  constructor(readonly why: string) {}
}

function unreadable(format: string, text: string, why: string): Unreadable {
  return new Unreadable(`Invalid ${format} formatted string ${text}: ${why}`);
}

/** Sets a converted value; one that cannot be read is an error of the rule that reads it, and of no other. */
export function setConverted(
  target: unknown[] | Record<string, unknown>,
  key: string | number,
  value: unknown,
): void {
  if (value instanceof Unreadable) {
    Object.defineProperty(target, key, {
      enumerable: true,
      get() {
        throw new Error(value.why);
      },
    });
  } else (target as Record<string | number, unknown>)[key] = value;
}

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
      if (/^(date|date-?time)$/.test(schema.format ?? "")) {
        return date(schema.format!);
      }
      if (schema.format === "byte") return bytes;
      if (schema.format === "duration") return duration(env);
      return undefined;
    case "number":
    case "boolean":
      return undefined;
    case "array": {
      const item = schema.items
        ? compileConvert(schema.items, env)
        : convertAny;
      if (!item) return undefined;
      return (value) => {
        if (!Array.isArray(value)) return value;
        const out: unknown[] = [];
        for (const [i, each] of value.entries()) {
          setConverted(out, i, item(each));
        }
        return out;
      };
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
      if (sub !== undefined) {
        setConverted(out, cel, convert ? convert(sub) : sub);
      }
    }
    for (const key in object) {
      if (known.has(key) || object[key] === undefined) continue;
      setConverted(out, key, rest ? rest(object[key]) : object[key]);
    }
    return out;
  };
}
