/**
 * The schema of ObjectMeta, which every object has and which custom resources never spell out.
 *
 * @module
 */
import type { Json, JsonObject, Schema } from "../types.ts";
import published from "./meta_types.json" with { type: "json" };

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** The types of meta/v1 as kube-apiserver publishes them, by full name; they refer to each other. */
export const metaTypes = published as unknown as Record<string, JsonObject>;

/** Schema of `metadata` (meta/v1 ObjectMeta), with the merge behaviour of its lists and maps. */
export const objectMetaSchema = resolve(
  metaTypes[`${META}ObjectMeta`]!,
) as Schema;

/** Puts types in the place of references to them. */
function resolve(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => resolve(item)!);
  if (!value || typeof value !== "object") return value;
  const { $ref, allOf, default: _, ...rest } = value;
  const target = $ref ??
    (Array.isArray(allOf) ? (allOf[0] as JsonObject).$ref : undefined);
  if (typeof target === "string") {
    const name = target.slice(target.lastIndexOf("/") + 1);
    // What is owned can be any field.
    const inner = name === `${META}FieldsV1`
      ? { type: "object", "x-kubernetes-preserve-unknown-fields": true }
      : resolve(metaTypes[name]) as JsonObject;
    return { ...inner, ...rest };
  }
  return Object.fromEntries(
    Object.entries(rest).map(([key, sub]) => [key, resolve(sub)]),
  );
}
