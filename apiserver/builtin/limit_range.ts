/**
 * LimitRange: stored for tools that apply it; nothing here has requests or
 * limits.
 *
 * @module
 */
import type { KubeObject, ResourceDefinition } from "../types.ts";
import { CREATED_AT, NAME } from "./columns.ts";
import { define } from "./define.ts";
import {
  type Limit,
  limitRangeErrors,
  MAPS,
} from "./limit_range_validation.ts";
import { quantityTexts } from "./quantities.ts";

function prepare(range: KubeObject): void {
  for (const limit of (range.spec?.limits ?? []) as Limit[]) {
    for (const map of MAPS) {
      if (limit[map]) limit[map] = quantityTexts(limit[map]);
    }
    if (limit.type === "Container") fillIn(limit);
  }
}

/** What a container is limited to where only a bound is given. */
function fillIn(limit: Limit): void {
  const limits = { ...limit.max, ...limit.default };
  const requests = { ...limit.min, ...limits, ...limit.defaultRequest };
  if (Object.keys(limits).length > 0) limit.default = limits;
  if (Object.keys(requests).length > 0) limit.defaultRequest = requests;
}

/** The definition of LimitRange. */
export function limitRange(): ResourceDefinition {
  return define({
    group: "",
    resource: "limitranges",
    kind: "LimitRange",
    shortNames: ["limits"],
    schema: "io.k8s.api.core.v1.LimitRange",
    strategy: {
      prepareForCreate: prepare,
      prepareForUpdate: prepare,
      validate: limitRangeErrors,
    },
    columns: [NAME, CREATED_AT],
  });
}
