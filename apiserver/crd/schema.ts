import { rememberReference } from "../openapi/mod.ts";
import type { JsonObject, Schema } from "../types.ts";
import published from "./schema.json" with { type: "json" };

const PREFIX = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";
/** A schema's schema contains itself; it is checked by code instead. */
const ANYTHING = new Set(
  ["JSON", "JSONSchemaProps"].map((name) => PREFIX + name),
);

type Published = JsonObject & { $ref?: string; allOf?: { $ref: string }[] };

const raw = published as unknown as Record<string, Published>;
const resolved = new Map<string, Schema>();

/** The schema of CustomResourceDefinition. */
export const crdSchema: Schema = schemaOf(`${PREFIX}CustomResourceDefinition`);

/** The schema published under a name, its references resolved. */
function schemaOf(name: string): Schema {
  let schema = resolved.get(name);
  if (!schema) {
    // Known before its content, which may refer back to it.
    resolved.set(name, schema = {});
    Object.assign(schema, resolve(raw[name]!));
  }
  return schema;
}

function resolve(node: Published): Schema {
  const { $ref, allOf, ...own } = node;
  // An empty default of a struct documents Go's zero value; it is no default.
  delete own.default;
  delete own["x-kubernetes-group-version-kind"];
  const reference = $ref ?? (allOf?.length === 1 ? allOf[0]!.$ref : undefined);
  if (!reference) return parts(own);
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  // Left to the server.
  if (name.endsWith(".ObjectMeta")) return { type: "object", ...own } as Schema;
  if (/\.(Time|MicroTime)$/.test(name)) {
    return { type: "string", format: "date-time", ...own } as Schema;
  }
  const target = schemaOf(name);
  const schema = ANYTHING.has(name)
    ? {
      description: target.description,
      ...own,
      ...(name.endsWith(".JSONSchemaProps") ? { type: "object" } : {}),
      "x-kubernetes-preserve-unknown-fields": true,
    } as Schema
    : { ...target, ...own } as Schema;
  rememberReference(schema, { name, target, own });
  return schema;
}

function parts(node: JsonObject): Schema {
  const { properties, items, additionalProperties, ...rest } = node;
  const schema = { ...rest } as Schema;
  if (properties) {
    schema.properties = Object.fromEntries(
      Object.entries(properties as Record<string, Published>)
        .map(([name, sub]) => [name, resolve(sub)]),
    );
  }
  if (items) schema.items = resolve(items as Published);
  if (typeof additionalProperties === "object") {
    schema.additionalProperties = resolve(additionalProperties as Published);
  }
  return schema;
}
