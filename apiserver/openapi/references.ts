import type { JsonObject, Schema } from "../types.ts";

/** That a schema stands in the place of a reference to a published one. */
export interface Reference {
  /** Full name, such as `io.k8s.api.rbac.v1.PolicyRule`. */
  name: string;
  target: Schema;
  /** What stands beside the reference: a description, a default. */
  own: JsonObject;
}

const references = new WeakMap<Schema, Reference>();

/** Remembers that `schema` was made from a reference, so that documents can refer to it by its name. */
export function rememberReference(schema: Schema, reference: Reference): void {
  references.set(schema, reference);
}

/** The reference that `schema` was made from. */
export function referenceOf(schema: Schema): Reference | undefined {
  return references.get(schema);
}
