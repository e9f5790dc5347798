import { isEmptyObject } from "../is_object.ts";
import { referenceOf } from "../openapi/references.ts";
import type { Json, Schema } from "../types.ts";
import { goType, jsonKind } from "./go_value.ts";
import { objectMetaSchema } from "./object_meta.ts";
import { Quantity } from "./quantity.ts";

/**
 * What keeps a value from being decoded into Go's types, in the words of Go's decoder; undefined where nothing does.
 * Nulls become, in place, what Go makes of them: fields are left out, items of lists and maps are empty. Lists and maps
 * that hold nothing are left out, too, where they may be.
 */
export type GoDecode = (value: Json) => string | undefined;

/** Where a value stands: the innermost struct, and the names of the fields that lead to it. */
interface Place {
  struct: string;
  path: string;
  wording: Wording;
  /** The schema of schemas that this is in: its check, which it contains itself, and where it stands. */
  schemas?: { check: Check; path: string };
}

/**
 * Whose words errors have: those of the decoder of JSON, or those of
 * apimachinery's converter, which makes objects of what a strategic merge
 * patch leaves.
 */
type Wording = "decoder" | "converter";

const QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";

type Check = (value: Json | undefined) => string | undefined;

const ANYTHING: Check = () => undefined;

/** Lists and maps that are written, or refused, though they may be left out and hold nothing. */
const WRITTEN_EMPTY = new Set([
  "ClusterRole.rules",
  "JSONSchemaProps.dependencies",
  "Role.rules",
]);

const MICRO_TIMES = new Set([
  "acquireTime",
  "eventTime",
  "lastObservedTime",
  "renewTime",
]);

/** Makes the check of whole objects of a built-in kind. */
export function compileGoDecode(
  schema: Schema,
  { kind, wording = "decoder" }: { kind: string; wording?: Wording },
): GoDecode {
  const { metadata: _, ...own } = schema.properties ?? {};
  return compile(
    { ...schema, properties: { ...own, metadata: objectMetaSchema } },
    { struct: kind, path: "", wording },
  );
}

function structOf(schema: Schema): string | undefined {
  if (schema === objectMetaSchema) return "ObjectMeta";
  const name = referenceOf(schema)?.name;
  return name?.slice(name.lastIndexOf(".") + 1);
}

function compile(
  schema: Schema,
  place: Place,
): Check {
  if (referenceOf(schema)?.name === QUANTITY) return quantityProblem;
  switch (structOf(schema)) {
    case "JSONSchemaProps":
      if (!("properties" in schema)) {
        return schemasCheck(referenceOf(schema)!.target, place);
      }
      break;
    case "JSONSchemaPropsOrArray":
      return schemasOr(place, { other: "array" });
    case "JSONSchemaPropsOrBool":
      return schemasOr(place, {
        other: "bool",
        problem: "boolean or JSON schema expected",
      });
  }
  if (schema["x-kubernetes-preserve-unknown-fields"]) return ANYTHING;
  if (schema["x-kubernetes-int-or-string"]) return intOrString;
  switch (schema.type) {
    case "object":
      return objectCheck(schema, place);
    case "array":
      return listCheck(schema, place);
    case "string":
      if (schema.format === "date-time") return timeCheck(place);
      // Decoded from base64 by the kind itself.
      return scalarCheck(
        "string",
        mismatch(place, schema.format === "byte" ? "[]uint8" : "string"),
      );
    case "boolean":
      return scalarCheck("boolean", mismatch(place, "bool"));
    case "integer": {
      const wrong = mismatch(place, goTypeOf(schema));
      const limit = 2 ** (schema.format === "int32" ? 31 : 63);
      return (value) => {
        if (value === undefined || value === null) return undefined;
        return Number.isInteger(value) && value as number >= -limit &&
            value as number < limit
          ? undefined
          : wrong(value);
      };
    }
    case "number":
      return scalarCheck("number", mismatch(place, "float64"));
    default:
      return ANYTHING;
  }
}

/** A schema of schemas; inside of itself it is the same check again, whose errors have the path from there. */
function schemasCheck(schema: Schema | undefined, place: Place): Check {
  const { schemas, path } = place;
  if (schemas) {
    return (value) =>
      schemas.check(value)?.replace(`.${schemas.path}.`, `.${path}.`);
  }
  if (!schema) return ANYTHING;
  const own = { check: ANYTHING, path };
  const struct = "JSONSchemaProps";
  own.check = compile(schema, { ...place, struct, schemas: own });
  return own.check;
}

/** Schemas or something else, which Go decodes with code of its own. */
function schemasOr(
  place: Place,
  { other, problem }: { other: string; problem?: string },
): Check {
  const check = schemasCheck(undefined, place);
  return (value) => {
    if (value === undefined || value === null) return undefined;
    const kind = jsonKind(value);
    if (kind === "object") return check(value);
    return kind === other ? undefined : problem;
  };
}

function intOrString(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return ["string", "number"].includes(typeof value)
    ? undefined
    : `json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`;
}

function listCheck(schema: Schema, place: Place): Check {
  const { items = {} } = schema;
  const item = compile(items, place);
  const wrong = mismatch(place, goTypeOf(schema));
  return (value) => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) return wrong(value);
    if (item === ANYTHING) return undefined;
    for (let i = 0; i < value.length; i++) {
      value[i] ??= emptyOf(items);
      const problem = item(value[i]);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** Go's zero value of a type. */
function emptyOf(schema: Schema): Json {
  if (schema["x-kubernetes-int-or-string"]) return 0;
  switch (schema.type) {
    case "string":
      return schema.format === "date-time" ? null : "";
    case "boolean":
      return false;
    case "integer":
    case "number":
      return 0;
    case "array":
      return [];
    case "object":
      return {};
    default:
      return null;
  }
}

function quantityProblem(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  try {
    Quantity.parse(typeof value === "object" ? "" : String(value));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function objectCheck(
  schema: Schema,
  place: Place,
): Check {
  const { struct, path } = place;
  const wrong = mismatch(place, goTypeOf(schema));
  const { properties, additionalProperties } = schema;
  const own = structOf(schema) ?? struct;
  const checks = new Map<string, Check>();
  const leftOut = new Set<string>();
  // An object's own metadata is seen to elsewhere: that its managedFields are empty says something.
  const leavesOut = schema !== objectMetaSchema;
  for (const [name, sub] of Object.entries(properties ?? {})) {
    const written = schema.required?.includes(name) ||
      WRITTEN_EMPTY.has(`${own}.${name}`);
    if (leavesOut && isContainer(sub) && !written) leftOut.add(name);
    checks.set(
      name,
      compile(sub, {
        ...place,
        struct: own,
        path: path ? `${path}.${name}` : name,
      }),
    );
  }
  // The keys of a map are no fields.
  const rest = typeof additionalProperties === "object"
    ? compile(additionalProperties, place)
    : ANYTHING;
  return (value) => {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "object" || Array.isArray(value)) return wrong(value);
    for (const key in value) {
      const known = checks.get(key);
      const check = known ?? rest;
      if (check === ANYTHING) continue;
      if (value[key] === null) {
        if (known) {
          delete value[key];
          continue;
        }
        value[key] = emptyOf(additionalProperties as Schema);
      }
      const problem = check(value[key]);
      if (problem !== undefined) return problem;
      if (leftOut.has(key) && isEmptyObject(value[key] as object)) {
        delete value[key];
      }
    }
    return undefined;
  };
}

/** Whether Go has a list or a map for it, which it writes only where something is in it (`omitempty`). */
function isContainer({ type, additionalProperties }: Schema): boolean {
  return type === "array" ||
    type === "object" && typeof additionalProperties === "object";
}

function scalarCheck(
  type: "string" | "boolean" | "number",
  wrong: (value: Json) => string,
): Check {
  return (value) =>
    value === undefined || value === null || typeof value === type
      ? undefined
      : wrong(value);
}

function mismatch(
  { struct, path, wording }: Place,
  type: string,
): (value: Json) => string {
  if (wording === "converter") return (value) => restoreProblem(value, type);
  return (value) => {
    const kind = jsonKind(value);
    const shown = type.startsWith("int") && kind === "number"
      ? `number ${value}`
      : kind;
    return path
      ? `json: cannot unmarshal ${shown} into Go struct field ${struct}.${path} of type ${type}`
      : `json: cannot unmarshal ${shown} into Go value of type v1.${struct}`;
  };
}

function restoreProblem(value: Json, type: string): string {
  const from = Array.isArray(value)
    ? "slice"
    : goType(value).replace(/^map.*/, "map");
  if (type.startsWith("[]")) return `cannot restore slice from ${from}`;
  if (type.startsWith("map")) return `cannot restore map from ${from}`;
  if (type.startsWith("v1.")) return `cannot restore struct from: ${from}`;
  return typeof value === "number"
    ? `cannot convert ${from} to ${type}`
    : `unrecognized type: ${type}`;
}

/** The Go type of a field, as far as its schema tells. */
function goTypeOf(schema: Schema): string {
  switch (schema.type) {
    case "array":
      return `[]${schema.items ? goTypeOf(schema.items) : "interface {}"}`;
    case "object": {
      const { additionalProperties } = schema;
      const struct = structOf(schema);
      if (typeof additionalProperties === "object" && !struct) {
        return `map[string]${goTypeOf(additionalProperties)}`;
      }
      return `v1.${struct ?? "Object"}`;
    }
    case "boolean":
      return "bool";
    case "integer":
      return schema.format ?? "int64";
    case "number":
      return "float64";
    default:
      return schema.type ?? "interface {}";
  }
}

/** The parts of RFC 3339, as Go's layout names them. */
const TIME_PARTS: [RegExp, string][] = [
  [/^\d{4}/, "2006"],
  [/^-/, "-"],
  [/^(0[1-9]|1[0-2])/, "01"],
  [/^-/, "-"],
  [/^(0[1-9]|[12]\d|3[01])/, "02"],
  [/^T/, "T"],
  [/^([01]\d|2[0-3])/, "15"],
  [/^:/, ":"],
  [/^[0-5]\d/, "04"],
  [/^:/, ":"],
  [/^[0-5]\d(\.\d+)?/, "05"],
  [/^(Z|[-+]\d\d:\d\d)$/, "Z07:00"],
];

/** With six digits of the second, neither fewer nor more. */
const MICRO_PARTS: [RegExp, string][] = TIME_PARTS.flatMap(([pattern, part]) =>
  part === "05"
    ? [[/^[0-5]\d/, "05"], [/^\.\d{6}(?!\d)/, ".000000"]]
    : [[pattern, part]]
);

/** A time as nearly all are; others are taken apart, for the words of the error. */
const TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

function timeCheck({ path }: Place): Check {
  const name = path.slice(path.lastIndexOf(".") + 1);
  const micro = MICRO_TIMES.has(name);
  const layout = `2006-01-02T15:04:05${micro ? ".000000" : ""}Z07:00`;
  return (value) => {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") {
      return `json: cannot unmarshal ${
        jsonKind(value)
      } into Go value of type string`;
    }
    if (!micro && TIME.test(value)) return undefined;
    let rest = value;
    for (const [pattern, part] of micro ? MICRO_PARTS : TIME_PARTS) {
      const found = pattern.exec(rest);
      if (!found) {
        return `parsing time ${
          JSON.stringify(value)
        } as "${layout}": cannot parse ${JSON.stringify(rest)} as "${part}"`;
      }
      rest = rest.slice(found[0].length);
    }
    return undefined;
  };
}
