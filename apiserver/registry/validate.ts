import type { FieldError, KubeObject } from "../types.ts";
import { metadataErrors } from "./metadata.ts";
import type { Served } from "./resources.ts";

/** All that is wrong with an object, and with its change where `old` is given. */
export function validate(
  served: Served,
  object: KubeObject,
  { old, subresource = "" }: { old?: KubeObject; subresource?: string } = {},
): FieldError[] {
  const { custom, strategy } = served.definition;
  const errors = metadataErrors(object, { served, old });
  // As in kube-apiserver, built-in kinds with rules of their own are not checked by their schema, which documents them.
  if (custom || !strategy?.validate) {
    const found = served.schema?.validate(object, old) ?? [];
    errors.push(
      ...(subresource === "status" ? found.map(withinStatus) : found),
    );
  }
  errors.push(...strategy?.validate?.(object, old) ?? []);
  return errors;
}

/** kube-apiserver validates a new status by itself, so that messages name fields from there. */
function withinStatus(error: FieldError): FieldError {
  const { field, message } = error;
  if (!field.startsWith("status.")) return error;
  return {
    ...error,
    message: message.replace(
      `${field} in body`,
      `${field.slice("status.".length)} in body`,
    ),
  };
}
