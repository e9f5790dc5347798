import type { Json, JsonObject } from "../types.ts";

const V3 = "#/components/schemas/";
const V2 = "#/definitions/";
const PRESERVE = "x-kubernetes-preserve-unknown-fields";
/** What OpenAPI v2 has no words for. */
const DROPPED = new Set(["allOf", "anyOf", "oneOf", "not", "nullable"]);
/** What clients cannot cope with beside a value that can be anything. */
const INNER = new Set(["items", "properties"]);

/**
 * A published schema in the form of OpenAPI v2, by the rules of apiextensions' `ToStructuralOpenAPIV2`: alternatives
 * are gone, and what may be null or hold unknown fields has neither type nor inner schema, as clients would refuse
 * everything else.
 */
export function schemaV2(schema: JsonObject, root = false): JsonObject {
  const { $ref, allOf, default: _, ...own } = schema;
  const target = $ref ?? referenceIn(allOf);
  if (typeof target === "string") {
    return { ...own, $ref: target.replace(V3, V2) };
  }
  const preserve = schema[PRESERVE] === true;
  if (root && preserve) {
    const kind = "x-kubernetes-group-version-kind";
    return { type: "object", [kind]: schema[kind] };
  }
  const untyped = schema.nullable === true || preserve;
  const out: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || DROPPED.has(key)) continue;
    if (untyped && INNER.has(key)) continue;
    out[key] = keyword(key, value);
  }
  const anything = schema.nullable === true ||
    (preserve && out.type === "object") ||
    (out.type === "array" && !out.items);
  if (anything) delete out.type;
  if (Array.isArray(out.required)) {
    const properties = (schema.properties ?? {}) as Record<string, JsonObject>;
    out.required = out.required.filter((name) =>
      properties[name as string]?.nullable !== true
    );
    if (out.required.length === 0) delete out.required;
  }
  return out;
}

/** The one reference that stands in `allOf` so that it can have a description beside it. */
function referenceIn(allOf: Json | undefined): Json | undefined {
  return Array.isArray(allOf) && allOf.length === 1
    ? (allOf[0] as JsonObject).$ref
    : undefined;
}

function keyword(key: string, value: Json): Json {
  switch (key) {
    case "properties":
      return Object.fromEntries(
        Object.entries(value as Record<string, JsonObject>)
          .map(([name, schema]) => [name, schemaV2(schema)]),
      );
    case "items":
      return schemaV2(value as JsonObject);
    case "additionalProperties":
      return typeof value === "object" ? schemaV2(value as JsonObject) : value;
    default:
      return value;
  }
}
