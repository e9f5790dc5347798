/**
 * Structural schemas: pruning, defaulting, validation and CEL rules of Kubernetes objects, all pure functions.
 *
 * @module
 */
export {
  type CompiledSchema,
  compileSchema,
  type CompileSchemaOptions,
} from "./compile.ts";
export { validateStructural } from "./structural.ts";
export { objectMetaSchema } from "./object_meta.ts";
export { deepEqual } from "./deep_equal.ts";
export * from "./field_error.ts";
