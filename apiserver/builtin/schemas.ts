/**
 * Schemas of the built-in kinds, as kube-apiserver publishes them; written by
 * `generate.ts`.
 *
 * @module
 */
import { rememberReference } from "../openapi/mod.ts";
import { objectMetaSchema } from "../schema/object_meta.ts";
import type { JsonObject, Schema } from "../types.ts";
import published from "./schemas.json" with { type: "json" };

type Published = { $ref?: string } & Record<string, unknown>;

const known = new Map<string, unknown>(Object.entries(published));
const resolved = new Map<string, Schema>();

const QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";

/** Quantities are written out where they are used; an IntOrString has no `anyOf`. */
function isQuantity(schema: Record<string, unknown>): boolean {
  return schema["x-kubernetes-int-or-string"] === true &&
    schema.anyOf !== undefined;
}

/** Makes more schemas known; those that are known already stay. */
export function addSchemas(schemas: Record<string, unknown>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    if (!known.has(name)) known.set(name, schema);
  }
}

/** The schema of a kind: that of its type, with `metadata` left to the server. */
export function kindSchema(name: string): Schema {
  const schema = builtinSchema(name);
  return {
    ...schema,
    properties: {
      ...schema.properties,
      metadata: {
        type: "object",
        description: schema.properties?.metadata?.description,
      },
    },
  };
}

/**
 * The schema published under `name`, such as `io.k8s.api.core.v1.Secret`.
 * References are resolved; schemas used in several places are the same object,
 * so they must not be changed.
 */
export function builtinSchema(name: string): Schema {
  const done = resolved.get(name);
  if (done) return done;
  const raw = known.get(name);
  if (!raw) throw new Error(`There is no built-in schema ${name}`);
  const schema = resolve(raw) as Schema;
  resolved.set(name, schema);
  return schema;
}

function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (value === null || typeof value !== "object") return value;
  const { $ref, ...rest } = value as Published;
  if (typeof $ref === "string") {
    const target = $ref.endsWith(".ObjectMeta")
      ? objectMetaSchema
      : builtinSchema($ref);
    const schema: Schema = { ...target, ...rest };
    // `kubectl explain` shows types by name.
    const own = resolve(rest) as JsonObject;
    rememberReference(schema, { name: $ref, target, own });
    return schema;
  }
  const schema = Object.fromEntries(
    Object.entries(rest).map(([key, v]) => [key, resolve(v)]),
  );
  if (isQuantity(rest)) {
    const { anyOf: _, "x-kubernetes-int-or-string": __, ...own } = schema;
    rememberReference(schema, {
      name: QUANTITY,
      target: known.get(QUANTITY) as Schema,
      own: own as JsonObject,
    });
  }
  return schema;
}
