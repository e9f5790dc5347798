import type { Schema } from "../types.ts";
import { cloneJson } from "./clone_json.ts";

type Defaulter = (value: unknown) => void;

/**
 * Fills in defaults, in place. A null where null is not allowed is replaced by the default or, without one,
 * removed, as kube-apiserver does.
 */
export function compileDefault(schema: Schema): Defaulter {
  return compile(schema) ?? (() => {});
}

interface Field {
  name: string;
  value: unknown;
  hasDefault: boolean;
  nullable: boolean;
  inner?: Defaulter;
}

function field(name: string, schema: Schema): Field {
  return {
    name,
    value: schema.default,
    hasDefault: schema.default !== undefined,
    nullable: schema.nullable === true,
    inner: compile(schema),
  };
}

function copy<T>(value: T): T {
  return value && typeof value === "object" ? cloneJson(value) : value;
}

function compile(schema: Schema | undefined): Defaulter | undefined {
  if (!schema) return undefined;
  const fields = Object.entries(schema.properties ?? {}).map(([name, sub]) =>
    field(name, sub)
  );
  const known = new Set(fields.map((f) => f.name));
  const additional = typeof schema.additionalProperties === "object"
    ? field("", schema.additionalProperties)
    : undefined;
  const items = schema.items ? field("", schema.items) : undefined;
  if (!fields.length && !additional && !items) return undefined;

  return (value) => {
    if (!value || typeof value !== "object") return;
    if (Array.isArray(value)) {
      if (!items) return;
      for (let i = 0; i < value.length; i++) {
        if (value[i] === null && !items.nullable && items.hasDefault) {
          value[i] = copy(items.value);
        }
        items.inner?.(value[i]);
      }
      return;
    }
    const object = value as Record<string, unknown>;
    for (const f of fields) {
      const present = object[f.name];
      if (present === undefined || (present === null && !f.nullable)) {
        if (f.hasDefault) object[f.name] = copy(f.value);
        else if (present === null) delete object[f.name];
      }
      f.inner?.(object[f.name]);
    }
    if (!additional) return;
    for (const key in object) {
      if (known.has(key)) continue;
      if (object[key] === null && !additional.nullable) {
        if (additional.hasDefault) object[key] = copy(additional.value);
        else delete object[key];
      }
      additional.inner?.(object[key]);
    }
  };
}
