/**
 * ResourceQuota. Object counts are enforced by `../admission`; other resources
 * are accepted, as nothing here uses them.
 *
 * @module
 */
import { qualifiedNameProblems } from "../registry/names.ts";
import { invalidValue } from "../schema/field_error.ts";
import { Quantity } from "../schema/quantity.ts";
import type {
  FieldError,
  KubeObject,
  ResourceDefinition,
  Strategy,
} from "../types.ts";
import { age, NAME, text } from "./columns.ts";
import { type ColumnContext, define } from "./define.ts";
import { quantityTexts } from "./quantities.ts";

/** Quota resources that are a count of objects by a name of their own. */
const COUNTED = [
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
  "services.loadbalancers",
  "services.nodeports",
];
const COMPUTE = [
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
];

function prepare(quota: KubeObject): void {
  quota.spec ??= {};
  if (quota.spec.hard) quota.spec.hard = quantityTexts(quota.spec.hard);
}

const strategy: Strategy = {
  prepareForCreate(quota) {
    prepare(quota);
    quota.status = {};
  },
  prepareForUpdate: prepare,
  validate(quota) {
    const hard: Record<string, string> = quota.spec?.hard ?? {};
    return Object.entries(hard).flatMap(([name, value]) => [
      ...nameErrors(name),
      ...valueErrors(name, value),
    ]);
  },
};

function nameErrors(name: string): FieldError[] {
  const field = `spec.hard[${name}]`;
  const errors = qualifiedNameProblems(name)
    .map((why) => invalidValue(field, name, why));
  if (name.includes("/")) return errors;
  if (COUNTED.includes(name) || COMPUTE.includes(name)) return errors;
  if (errors.length === 0) {
    errors.push(
      invalidValue(
        field,
        name,
        "must be a standard resource type or fully qualified",
      ),
    );
  }
  errors.push(
    invalidValue(field, name, "must be a standard resource for quota"),
  );
  return errors;
}

function valueErrors(name: string, value: string): FieldError[] {
  const field = `spec.hard[${name}]`;
  let quantity;
  try {
    quantity = Quantity.parse(value);
  } catch (error) {
    return [invalidValue(field, value, (error as Error).message)];
  }
  if (quantity.sign() < 0) {
    return [invalidValue(field, value, "must be greater than or equal to 0")];
  }
  const counts = COUNTED.includes(name) || name.startsWith("count/");
  return counts && !quantity.isInteger()
    ? [invalidValue(field, value, "must be an integer")]
    : [];
}

function usage(quota: KubeObject, limits: boolean): string {
  const hard: Record<string, string> = quota.status?.hard ?? {};
  return Object.keys(hard).sort()
    .filter((name) => name.startsWith("limits.") === limits)
    .map((name) => `${name}: ${quota.status?.used?.[name] ?? 0}/${hard[name]}`)
    .join(", ");
}

/** The definition of ResourceQuota. */
export function resourceQuota(context: ColumnContext): ResourceDefinition {
  return define({
    group: "",
    resource: "resourcequotas",
    kind: "ResourceQuota",
    shortNames: ["quota"],
    subresources: { status: true },
    schema: "io.k8s.api.core.v1.ResourceQuota",
    strategy,
    columns: [
      NAME,
      text("Request", (o) => usage(o, false), {
        description:
          "Request represents a minimum amount of cpu/memory that a container may consume.",
      }),
      text("Limit", (o) => usage(o, true), {
        description:
          "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
      }),
      age(context),
    ],
  });
}
