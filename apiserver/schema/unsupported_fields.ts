import type { FieldError, Schema } from "../types.ts";
import { forbiddenField, invalidValue } from "./field_error.ts";

/** A schema with what JSON Schema has besides, and what definitions may not use. */
interface WholeSchema extends Schema {
  id?: string;
  $ref?: string;
  $schema?: string;
  additionalItems?: unknown;
  patternProperties?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
  dependencies?: Record<string, Schema | string[]>;
}

/**
 * Fields of a schema that kube-apiserver knows and takes in no definition. A `$schema` is told of where nothing else
 * is, as there.
 *
 * Source: `specStandardValidatorV3` and `NewStructural` of k8s.io/apiextensions-apiserver.
 */
export function unsupportedFields(schema: Schema, path: string): FieldError[] {
  const found: Found = { errors: [], dialect: false };
  visit(schema, path, found);
  if (found.errors.length > 0 || !found.dialect) return found.errors;
  return [invalidValue(path, "", "OpenAPIV3Schema 'schema' is not supported")];
}

interface Found {
  errors: FieldError[];
  /** Whether there is a `$schema`. */
  dialect: boolean;
}

function visit(schema: WholeSchema, path: string, found: Found): void {
  const refuse = (field: string) =>
    found.errors.push(
      forbiddenField(`${path}.${field}`, `${field} is not supported`),
    );
  const within = (field: string, schemas?: Record<string, Schema>) => {
    for (const [key, sub] of Object.entries(schemas ?? {})) {
      if (!Array.isArray(sub)) visit(sub, `${path}.${field}[${key}]`, found);
    }
  };
  const { patternProperties, definitions, dependencies } = schema;
  if (schema.id) refuse("id");
  if (schema.additionalItems !== undefined) refuse("additionalItems");
  if (!isEmpty(patternProperties)) refuse("patternProperties");
  if (!isEmpty(definitions)) refuse("definitions");
  // Also an empty one.
  if (dependencies !== undefined) refuse("dependencies");
  if (schema.$ref !== undefined) refuse("$ref");
  if (schema.type as string === "null") {
    found.errors.push(forbiddenField(
      `${path}.type`,
      "type cannot be set to null, use nullable as an alternative",
    ));
  }
  if (schema.$schema) found.dialect = true;
  if (schema.items && !Array.isArray(schema.items)) {
    visit(schema.items, `${path}.items`, found);
  }
  if (typeof schema.additionalProperties === "object") {
    visit(schema.additionalProperties, `${path}.additionalProperties`, found);
  }
  if (schema.not) visit(schema.not, `${path}.not`, found);
  for (const junctor of ["allOf", "anyOf", "oneOf"] as const) {
    schema[junctor]?.forEach((sub, i) =>
      visit(sub, `${path}.${junctor}[${i}]`, found)
    );
  }
  within("properties", schema.properties);
  within("definitions", definitions);
  within("dependencies", dependencies as Record<string, Schema>);
}

function isEmpty(map: Record<string, unknown> | undefined): boolean {
  return map === undefined || Object.keys(map).length === 0;
}
