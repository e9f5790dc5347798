/**
 * Turns a zod schema into the structural OpenAPI v3 schema that CustomResourceDefinitions take.
 *
 * Source: Kubernetes' rules for structural schemas (apiextensions.k8s.io/v1).
 *
 * @module
 */
import { z } from "zod";

/** A node of JSON Schema or of a structural schema. */
export type SchemaNode = { [key: string]: unknown };

/** Fields of JSON Schema that mean the same in a structural schema. */
const KEPT = [
  "description",
  "type",
  "format",
  "default",
  "enum",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "required",
];

/** The structural schema of `schema`. */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  return convert(
    z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
  );
}

function convert(node: SchemaNode): SchemaNode {
  const out: SchemaNode = {};
  for (const key of KEPT) {
    if (node[key] !== undefined) out[key] = node[key];
  }
  for (const [key, value] of Object.entries(node)) {
    if (key.startsWith("x-kubernetes-")) out[key] = value;
  }
  if (node.const !== undefined) out.enum = [node.const];
  // Zod bounds every integer by what a double holds, and spells out the pattern of date-times with syntax RE2 lacks.
  if (out.minimum === Number.MIN_SAFE_INTEGER) delete out.minimum;
  if (out.maximum === Number.MAX_SAFE_INTEGER) delete out.maximum;
  if (out.type === "integer") out.format ??= "int64";
  if (out.format === "date-time") delete out.pattern;
  if (node.properties) {
    out.properties = Object.fromEntries(
      Object.entries(node.properties as Record<string, SchemaNode>)
        .map(([name, property]) => [name, convert(property)]),
    );
  }
  if (node.items) out.items = convert(node.items as SchemaNode);
  if (
    node.additionalProperties && !out["x-kubernetes-preserve-unknown-fields"]
  ) {
    out.additionalProperties = convert(node.additionalProperties as SchemaNode);
  }
  if (node.anyOf && !out["x-kubernetes-preserve-unknown-fields"]) {
    throw new Error(
      `Cannot write a union as a structural schema: give it x-kubernetes-preserve-unknown-fields (${
        JSON.stringify(node)
      })`,
    );
  }
  return out;
}
