/**
 * What is known of values before any is there: their types, how many elements they have at most, and how small they
 * can be as JSON (kubernetes `apiserver/pkg/cel/common`).
 *
 * @module
 */
import type { Schema } from "../types.ts";
import { celName } from "./cel_value.ts";

/** The type of a value that a rule sees. */
export interface CelType {
  kind: "list" | "map" | "object" | "string" | "scalar" | "dyn";
  /** Of objects, by the names that rules use. */
  fields?: Map<string, CelType>;
  /** Of lists and maps. */
  item?: CelType;
  /** Elements of lists and maps, bytes of strings. */
  max: number;
  /** Bytes of the smallest value as JSON. */
  minSize: number;
}

/** The largest request that is taken, in bytes. */
export const MAX_REQUEST = 3 * 1024 * 1024;

const SMALLEST_TEXT = 2;
/** Longest and shortest JSON of values whose format says how they look. */
const FORMATS: Record<string, { max: number; minSize: number }> = {
  duration: { max: 32, minSize: 3 },
  date: { max: 12, minSize: 12 },
  "date-time": { max: 32, minSize: 21 },
};

const TEXT: CelType = {
  kind: "string",
  max: MAX_REQUEST - 2,
  minSize: SMALLEST_TEXT,
};
const NAMES: CelType = {
  kind: "object",
  fields: new Map([["name", TEXT], ["generateName", TEXT]]),
  max: 1,
  minSize: 2,
};

/** The type of what `schema` describes; undefined where rules do not see it. `root`: a whole object. */
export function celType(
  schema: Schema | undefined,
  { root = false }: { root?: boolean } = {},
): CelType | undefined {
  if (!schema) return undefined;
  if (schema["x-kubernetes-int-or-string"]) {
    return { kind: "dyn", max: schema.maxLength ?? TEXT.max, minSize: 1 };
  }
  switch (root ? "object" : schema.type) {
    case "array":
      return listType(schema);
    case "object":
      return typeof schema.additionalProperties === "object"
        ? mapType(schema, schema.additionalProperties)
        : objectType(schema, root);
    case "string":
      return textType(schema);
    case "boolean":
      return { kind: "scalar", max: 1, minSize: 4 };
    case "integer":
    case "number":
      return { kind: "scalar", max: 1, minSize: 1 };
  }
  return undefined;
}

function listType(schema: Schema): CelType | undefined {
  const item = inner(schema.items);
  if (!item) return undefined;
  const fit = Math.floor((MAX_REQUEST - 2) / (item.minSize + 1));
  return { kind: "list", item, max: schema.maxItems ?? fit, minSize: 2 };
}

function mapType(schema: Schema, values: Schema): CelType | undefined {
  const item = inner(values);
  if (!item) return undefined;
  // Two bytes of key, its quotes, colon and comma.
  const fit = Math.floor((MAX_REQUEST - 2) / (item.minSize + 6));
  return { kind: "map", item, max: schema.maxProperties ?? fit, minSize: 2 };
}

function objectType(schema: Schema, root: boolean): CelType {
  const fields = new Map<string, CelType>();
  let minSize = 2;
  for (const [name, sub] of Object.entries(schema.properties ?? {})) {
    const type = inner(sub);
    if (!type) continue;
    fields.set(celName(name), type);
    if (schema.required?.includes(name) && sub.default === undefined) {
      minSize += name.length + type.minSize + 4;
    }
  }
  if (root) {
    fields.set("apiVersion", TEXT).set("kind", TEXT).set("metadata", NAMES);
  }
  return { kind: "object", fields, max: 1, minSize };
}

function textType({ format = "", maxLength, enum: values }: Schema): CelType {
  const known = FORMATS[format];
  if (known) return { kind: "scalar", ...known };
  if (maxLength !== undefined) {
    // In characters, which take up to four bytes.
    const bytes = format === "byte" ? maxLength : maxLength * 4;
    return { ...TEXT, max: bytes };
  }
  if (!values?.length) return TEXT;
  const longest = Math.max(...values.map((v) => String(v).length));
  return { ...TEXT, max: longest };
}

function inner(schema: Schema | undefined): CelType | undefined {
  return celType(schema, {
    root: schema?.["x-kubernetes-embedded-resource"] === true,
  });
}
