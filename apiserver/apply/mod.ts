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
export { removeZeroValue } from "./remove_zero_value.ts";
export { withZeroValue } from "./with_zero_value.ts";
export { type ResetOptions, withoutManagedFields } from "./ownership.ts";
