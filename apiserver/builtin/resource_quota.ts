/**
 * ResourceQuota. Object counts are enforced by `../admission`; other resources
 * are accepted, as nothing here uses them.
 *
 * @module
 */
import type { KubeObject, ResourceDefinition, Strategy } from "../types.ts";
import { age, NAME, text } from "./columns.ts";
import { type ColumnContext, define } from "./define.ts";
import { quantityTexts } from "./quantities.ts";
import { quotaErrors } from "./quota_validation.ts";

function prepare(quota: KubeObject): void {
  quota.spec ??= {};
  if (quota.spec.hard) {
    quota.spec.hard = quantityTexts(quota.spec.hard);
  }
}

const strategy: Strategy = {
  prepareForCreate(quota) {
    prepare(quota);
    quota.status = {};
  },
  prepareForUpdate: prepare,
  validate: quotaErrors,
};

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
