/**
 * Schemas of the built-in kinds, as kube-apiserver publishes them; written by
 * `generate.ts`.
 *
 * @module
 */
import { rememberReference } from "../openapi/mod.ts";
import type { JsonObject, Schema } from "../types.ts";
import published from "./schemas.json" with { type: "json" };

type Published = { $ref?: string } & Record<string, unknown>;

const resolved = new Map<string, Schema>();

/**
 * The schema published under `name`, such as `io.k8s.api.core.v1.Secret`.
 * References are resolved; schemas used in several places are the same object,
 * so they must not be changed.
 */
export function builtinSchema(name: string): Schema {
  const known = resolved.get(name);
  if (known) return known;
  const raw = (published as Record<string, unknown>)[name];
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
    // Left to the server, as it is in CustomResourceDefinitions.
    if ($ref.endsWith(".ObjectMeta")) return { type: "object", ...rest };
    const target = builtinSchema($ref);
    const schema: Schema = { ...target, ...rest };
    // `kubectl explain` shows types by name.
    const own = resolve(rest) as JsonObject;
    rememberReference(schema, { name: $ref, target, own });
    return schema;
  }
  return Object.fromEntries(
    Object.entries(rest).map(([key, v]) => [key, resolve(v)]),
  );
}
