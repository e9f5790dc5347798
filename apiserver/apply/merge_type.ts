import type { Json, Schema } from "../types.ts";
import { objectMetaSchema } from "../schema/object_meta.ts";

/** How values at one place are merged, by the form that they take there. */
export interface MergeType {
  scalar?: "untyped" | "string" | "numeric" | "boolean";
  list?: ListType;
  map?: MapType;
}

/** A list that is replaced as a whole, or one whose items are found by key or, without keys, by value. */
export interface ListType {
  kind: "list";
  atomic: boolean;
  keys: string[];
  item: MergeType;
}

/** A map or struct. */
export interface MapType {
  kind: "map";
  atomic: boolean;
  fields: Map<string, { type: MergeType; default?: Json }>;
  /** Type of other keys; undefined where there may be none. */
  rest?: MergeType;
}

const untyped: MergeType = { scalar: "untyped" };
untyped.list = { kind: "list", atomic: true, keys: [], item: untyped };
untyped.map = { kind: "map", atomic: true, fields: new Map(), rest: untyped };

/** For what no schema describes: maps are merged by key, lists replaced. */
export const deducedType: MergeType = {
  scalar: "untyped",
  list: { kind: "list", atomic: true, keys: [], item: untyped },
};
deducedType.map = {
  kind: "map",
  atomic: false,
  fields: new Map(),
  rest: deducedType,
};

const compiled = new WeakMap<Schema, MergeType>();

/** The merge type of the objects that `schema` describes; compiled once per schema. */
export function mergeTypeOf(schema: Schema | undefined): MergeType {
  if (!schema) return withMetadata({ map: { ...deducedType.map! } });
  let type = compiled.get(schema);
  if (!type) {
    type = compile(schema, {
      preserve: false,
      root: true,
    });
    compiled.set(schema, type);
  }
  return type;
}

interface Options {
  /** Some schema above preserves unknown fields. */
  preserve: boolean;
  root?: boolean;
}

function compile(
  schema: Schema,
  { preserve: above, root = false }: Options,
): MergeType {
  const preserve = above ||
    schema["x-kubernetes-preserve-unknown-fields"] === true;
  const type = schema["x-kubernetes-int-or-string"] ? undefined : schema.type;
  let out: MergeType;
  switch (type) {
    case undefined:
      out = {
        scalar: "untyped",
        list: compileList(schema, preserve),
        map: compileMap(schema, preserve),
      };
      break;
    case "object":
      out = { map: compileMap(schema, preserve) };
      break;
    case "array":
      out = { list: compileList(schema, preserve) };
      break;
    case "boolean":
      out = { scalar: "boolean" };
      break;
    case "string":
      out = {
        scalar: !schema.format || schema.format === "byte"
          ? "string"
          : "untyped",
      };
      break;
    default:
      out = { scalar: "numeric" };
  }
  const embedded = root || schema["x-kubernetes-embedded-resource"] === true;
  return embedded ? withMetadata(out) : out;
}

function compileMap(schema: Schema, preserve: boolean): MapType {
  const fields: MapType["fields"] = new Map();
  for (const [name, sub] of Object.entries(schema.properties ?? {})) {
    fields.set(name, {
      type: compile(sub, { preserve }),
      default: sub.default,
    });
  }
  const additional = schema.additionalProperties;
  let rest: MergeType | undefined;
  if (additional === undefined) {
    // An object without properties is free-form.
    if (preserve || !fields.size) rest = deducedType;
  } else if (typeof additional === "object") {
    rest = compile(additional, { preserve });
  } else if (additional) rest = deducedType;
  return {
    kind: "map",
    atomic: schema["x-kubernetes-map-type"] === "atomic",
    fields,
    rest,
  };
}

function compileList(schema: Schema, preserve: boolean): ListType {
  const item = schema.items ? compile(schema.items, { preserve }) : untyped;
  switch (schema["x-kubernetes-list-type"]) {
    case "atomic":
      return { kind: "list", atomic: true, keys: [], item };
    case "set":
      return { kind: "list", atomic: false, keys: [], item };
    case "map":
      return {
        kind: "list",
        atomic: false,
        keys: schema["x-kubernetes-list-map-keys"] ?? [],
        item,
      };
  }
  const strategy = schema["x-kubernetes-patch-strategy"];
  if (strategy === "merge" || strategy === "merge,retainKeys") {
    const key = schema["x-kubernetes-patch-merge-key"];
    return { kind: "list", atomic: false, keys: key ? [key] : [], item };
  }
  return { kind: "list", atomic: true, keys: [], item };
}

let metadataType: MergeType | undefined;

/** Objects always have apiVersion, kind and ObjectMeta, however little their schema says of them. */
function withMetadata(type: MergeType): MergeType {
  metadataType ??= compile(objectMetaSchema, { preserve: false });
  if (!type.map) return type;
  const fields = new Map(type.map.fields);
  fields.set("apiVersion", { type: { scalar: "string" } });
  fields.set("kind", { type: { scalar: "string" } });
  fields.set("metadata", { type: metadataType });
  return { ...type, map: { ...type.map, fields } };
}
