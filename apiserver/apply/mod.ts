/**
 * Field ownership: managedFields and server-side apply, all pure functions.
 *
 * @module
 */
export {
  updateManagedFields,
  type UpdateManagedFieldsOptions,
} from "./update_managed_fields.ts";
export {
  serverSideApply,
  type ServerSideApplyOptions,
} from "./server_side_apply.ts";
export { FieldSet, showPath } from "./field_set.ts";
export { type ResetOptions, withoutManagedFields } from "./ownership.ts";
