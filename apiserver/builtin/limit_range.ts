/**
 * LimitRange: stored for tools that apply it; nothing here has requests or
 * limits.
 *
 * @module
 */
import type { KubeObject, ResourceDefinition } from "../types.ts";
import { CREATED_AT, NAME } from "./columns.ts";
import { define } from "./define.ts";
import { quantityTexts } from "./quantities.ts";

const MAPS = [
  "default",
  "defaultRequest",
  "max",
  "maxLimitRequestRatio",
  "min",
];

function prepare(range: KubeObject): void {
  for (const limit of range.spec?.limits ?? []) {
    for (const map of MAPS) {
      if (limit[map]) limit[map] = quantityTexts(limit[map]);
    }
  }
}

/** The definition of LimitRange. */
export function limitRange(): ResourceDefinition {
  return define({
    group: "",
    resource: "limitranges",
    kind: "LimitRange",
    shortNames: ["limits"],
    schema: "io.k8s.api.core.v1.LimitRange",
    strategy: { prepareForCreate: prepare, prepareForUpdate: prepare },
    columns: [NAME, CREATED_AT],
  });
}
