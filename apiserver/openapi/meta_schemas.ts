/**
 * The schemas of meta types that every document refers to.
 *
 * @module
 */
import { metaTypes } from "../schema/object_meta.ts";
import type { JsonObject } from "../types.ts";

/** Prefix of the names of meta types. */
export const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** A reference to a schema of the same document. */
export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** A reference that keeps a description beside it. */
export function describedRef(name: string, description: string): JsonObject {
  return { description, allOf: [ref(name)] };
}

/** `apiVersion` and `kind`. */
export const typeMeta: JsonObject = (() => {
  const { apiVersion, kind } = metaTypes[`${META}Status`]!
    .properties as JsonObject;
  return { apiVersion, kind };
})();
