/**
 * Names of what quotas and limits are about (kubernetes `pkg/apis/core/helper`).
 *
 * @module
 */
import { qualifiedNameProblems } from "../registry/names.ts";
import { invalidValue } from "../schema/field_error.ts";
import type { FieldError } from "../types.ts";
import { COUNTED_RESOURCES } from "./counted_resources.ts";

/** Resources that are a count of objects, by a name of their own. */
export const COUNTED = [
  ...COUNTED_RESOURCES,
  "services.loadbalancers",
  "services.nodeports",
];
const CONTAINER = ["cpu", "memory", "ephemeral-storage"];
const QUOTA = [
  ...COUNTED,
  ...CONTAINER,
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
];

/** Whether a quota may be about it without naming a domain. */
export function isQuotaResource(name: string): boolean {
  return QUOTA.includes(name) ||
    /^(requests\.)?hugepages-/.test(name);
}

/** Problems with a name that stands at `field`. */
export function resourceNameErrors(field: string, name: string): FieldError[] {
  const errors = qualifiedNameProblems(name)
    .map((why) => invalidValue(field, name, why));
  if (errors.length > 0 || name.includes("/")) return errors;
  if (name === "storage" || isQuotaResource(name)) return [];
  return [invalidValue(
    field,
    name,
    "must be a standard resource type or fully qualified",
  )];
}

/** The same for what a container or pod takes. */
export function containerResourceErrors(
  field: string,
  name: string,
): FieldError[] {
  const errors = resourceNameErrors(field, name);
  if (errors.length > 0 || name.includes("/")) return errors;
  return CONTAINER.includes(name) || name.startsWith("hugepages-") ? [] : [
    invalidValue(field, name, "must be a standard resource for containers"),
  ];
}
