import type { FieldError, Json, JsonObject, Schema } from "../types.ts";
import { embeddedErrors } from "../registry/embedded_metadata.ts";
import { invalidValue, OMIT, required } from "./field_error.ts";
import { compileGoDecode } from "./go_decode.ts";
import { objectMetaSchema } from "./object_meta.ts";
import { jsonKind } from "./go_value.ts";
import { isObject } from "../is_object.ts";
import { joinPath } from "./prune.ts";

type Path = (string | number)[];
type Check = (value: unknown, path: Path, out: FieldError[]) => void;

/** What is done to the objects that an object holds (`x-kubernetes-embedded-resource`). */
export interface Embedded {
  /** Takes out of their metadata what Go leaves out, in place; answers what it cannot read. */
  coerce(object: unknown): FieldError[];
  /** Problems with their apiVersion, kind and metadata. */
  validate(object: unknown): FieldError[];
}

/** Makes both ready for a schema. */
export function compileEmbedded(schema: Schema): Embedded {
  const run = (check: Check | undefined) => (object: unknown) => {
    const out: FieldError[] = [];
    check?.(object, [], out);
    return out;
  };
  return {
    coerce: run(compile(schema, coerceOne)),
    validate: run(compile(schema, validateOne)),
  };
}

type One = (object: JsonObject, path: Path, out: FieldError[]) => void;

const decodeMetadata = compileGoDecode(objectMetaSchema, {
  kind: "ObjectMeta",
});

const coerceOne: One = (object, path, out) => {
  for (const key of ["apiVersion", "kind"]) {
    const value = object[key];
    if (value === undefined || typeof value === "string") continue;
    const field = joinPath([...path, key]);
    out.push(invalidValue(field, value, "must be a string"));
  }
  const { metadata } = object;
  if (metadata === undefined) return;
  const field = joinPath([...path, "metadata"]);
  const wrong = isObject(metadata)
    ? decodeMetadata(metadata)
    : `json: cannot unmarshal ${
      jsonKind(metadata)
    } into Go value of type v1.ObjectMeta`;
  if (wrong !== undefined) {
    out.push({
      ...invalidValue(field, OMIT, ""),
      message: `Invalid value: ${JSON.stringify(metadata)}: ${wrong}`,
    });
    return;
  }
  const fields = metadata as JsonObject;
  for (const key in fields) if (isEmpty(fields[key])) delete fields[key];
};

function isEmpty(value: Json | undefined): boolean {
  if (value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

const validateOne: One = (object, path, out) => {
  for (const key of ["apiVersion", "kind"]) {
    if (!object[key]) {
      const why = object[key] === undefined ? "" : "must not be empty";
      out.push(required(joinPath([...path, key]), why));
    }
  }
  out.push(...embeddedErrors(object, joinPath(path)));
};

function compile(schema: Schema, one: One): Check | undefined {
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const items = schema.items ? compile(schema.items, one) : undefined;
  const fields = new Map<string, Check>();
  for (const [name, sub] of Object.entries(schema.properties ?? {})) {
    const check = compile(sub, one);
    if (check) fields.set(name, check);
  }
  const rest = typeof schema.additionalProperties === "object"
    ? compile(schema.additionalProperties, one)
    : undefined;
  if (!embedded && !items && !fields.size && !rest) return undefined;
  return (value, path, out) => {
    if (!value || typeof value !== "object") return;
    const descend = (check: Check | undefined, part: string | number) => {
      if (!check) return;
      path.push(part);
      check((value as Record<string | number, unknown>)[part], path, out);
      path.pop();
    };
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) descend(items, i);
      return;
    }
    const object = value as Record<string, unknown>;
    if (embedded) one(object as JsonObject, path, out);
    for (const key in object) descend(fields.get(key) ?? rest, key);
  };
}
