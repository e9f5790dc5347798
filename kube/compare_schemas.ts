import type { KubeObject } from "../api/meta.ts";

/**
 * Compares two schemas of a kind (OpenAPI v3): what it returns says of an object that is as it has to be by the first
 * what of it is not by the second, or would be lost.
 */
export type CompareSchemas = (
  from: unknown,
  to: unknown,
) => (object: KubeObject) => string[];
