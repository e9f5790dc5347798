import { invalidValue } from "../schema/field_error.ts";
import type { FieldError, JsonObject, ObjectMeta } from "../types.ts";
import {
  annotationErrors,
  finalizerErrors,
  labelErrors,
  pathProblems,
} from "./names.ts";
import { ownerErrors } from "./owner_references.ts";

const KIND = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const KIND_TEXT =
  "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/**
 * Problems with what an object inside another says of itself: apiVersion, kind and metadata, each where it is there.
 * Its name may be any that fits in a URL, since its kind is not known.
 *
 * @param path of the object, `spec.template`
 */
export function embeddedErrors(
  object: JsonObject,
  path: string,
): FieldError[] {
  const { apiVersion, kind } = object;
  const errors: FieldError[] = [];
  if (typeof apiVersion === "string" && apiVersion.split("/").length > 2) {
    const why = `unexpected GroupVersion string: ${apiVersion}`;
    errors.push(invalidValue(`${path}.apiVersion`, apiVersion, why));
  }
  if (typeof kind === "string" && kind && !KIND.test(kind.toLowerCase())) {
    errors.push(invalidValue(`${path}.kind`, kind, KIND_TEXT));
  }
  if (!object.metadata) return errors;
  const metadata = object.metadata as unknown as Partial<ObjectMeta>;
  const found: FieldError[] = [];
  for (const field of ["generateName", "name"] as const) {
    const name = metadata[field];
    if (!name) continue;
    for (const why of pathProblems(name)) {
      found.push(invalidValue(`metadata.${field}`, name, why));
    }
  }
  found.push(
    ...labelErrors(metadata.labels ?? {}),
    ...annotationErrors(metadata.annotations ?? {}),
    ...ownerErrors(metadata.ownerReferences ?? []),
    ...finalizerErrors(metadata.finalizers ?? []),
  );
  for (const error of found) {
    errors.push({ ...error, field: `${path}.${error.field}` });
  }
  return errors;
}
