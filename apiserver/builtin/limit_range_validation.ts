/**
 * Rules for LimitRanges (kubernetes `pkg/apis/core/validation`).
 *
 * @module
 */
import { qualifiedNameProblems } from "../registry/names.ts";
import {
  duplicate,
  forbiddenField,
  invalidValue,
  required,
} from "../schema/field_error.ts";
import { Quantity } from "../schema/quantity.ts";
import type { FieldError, KubeObject } from "../types.ts";
import {
  containerResourceErrors,
  resourceNameErrors,
} from "./resource_names.ts";

/** The maps of an entry, in the order in which they are checked. */
export const MAPS = [
  "max",
  "min",
  "default",
  "defaultRequest",
  "maxLimitRequestRatio",
] as const;

/** An entry of `spec.limits`. */
export type Limit =
  & { type?: string }
  & { [map in (typeof MAPS)[number]]?: Record<string, string> };

const STANDARD = ["Pod", "Container", "PersistentVolumeClaim"];

/** Problems with a LimitRange. */
export function limitRangeErrors(range: KubeObject): FieldError[] {
  const seen = new Set<string>();
  const limits: Limit[] = range.spec?.limits ?? [];
  return limits.flatMap((limit, index) => {
    const field = `spec.limits[${index}]`;
    const { type = "" } = limit;
    const errors = typeErrors(`${field}.type`, type);
    if (seen.has(type)) errors.push(duplicate(`${field}.type`, type));
    seen.add(type);
    return [...errors, ...limitErrors(limit, field)];
  });
}

function typeErrors(field: string, type: string): FieldError[] {
  const errors = qualifiedNameProblems(type)
    .map((why) => invalidValue(field, type, why));
  if (errors.length > 0 || type.includes("/") || STANDARD.includes(type)) {
    return errors;
  }
  return [invalidValue(
    field,
    type,
    "must be a standard limit type or fully qualified",
  )];
}

function limitErrors(limit: Limit, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const pod = limit.type === "Pod";
  const check = pod || limit.type === "Container"
    ? containerResourceErrors
    : resourceNameErrors;
  const use = (map: (typeof MAPS)[number]) => {
    for (const name of Object.keys(limit[map] ?? {})) {
      errors.push(...check(`${field}.${map}[${name}]`, name));
      names.add(name);
    }
  };
  use("max");
  use("min");
  for (const map of ["default", "defaultRequest"] as const) {
    if (!pod) use(map);
    else if (Object.keys(limit[map] ?? {}).length > 0) {
      errors.push(forbiddenField(
        `${field}.${map}`,
        "may not be specified when `type` is 'Pod'",
      ));
    }
  }
  if (
    limit.type === "PersistentVolumeClaim" &&
    limit.min?.storage === undefined && limit.max?.storage === undefined
  ) {
    errors.push(required(
      `${field}.limits`,
      "either minimum or maximum storage value is required, but neither was provided",
    ));
  }
  use("maxLimitRequestRatio");
  const counted = pod
    ? { ...limit, default: undefined, defaultRequest: undefined }
    : limit;
  for (const name of names) {
    errors.push(...orderErrors(name, { limit: counted as Limit, field }));
  }
  return errors;
}

/** Each bound has to fit the others. */
function orderErrors(
  name: string,
  { limit, field }: { limit: Limit; field: string },
): FieldError[] {
  const errors: FieldError[] = [];
  const of = (map: (typeof MAPS)[number]) => {
    const text = limit[map]?.[name];
    return text === undefined ? undefined : Quantity.parse(text);
  };
  const [min, max] = [of("min"), of("max")];
  const [request, fallback] = [of("defaultRequest"), of("default")];
  const ratio = of("maxLimitRequestRatio");
  const ordered = (
    [low, lowName]: [Quantity | undefined, string],
    [high, highName]: [Quantity | undefined, string],
    at: { map: string; shown: Quantity | undefined },
  ) => {
    if (!low || !high || low.compareTo(high) <= 0) return;
    errors.push(invalidValue(
      `${field}.${at.map}[${name}]`,
      String(at.shown),
      `${lowName} value ${low} is greater than ${highName} value ${high}`,
    ));
  };
  const inRequest = { map: "defaultRequest", shown: request };
  ordered([min, "min"], [max, "max"], { map: "min", shown: min });
  ordered([min, "min"], [request, "default request"], inRequest);
  ordered([request, "default request"], [max, "max"], inRequest);
  ordered([request, "default request"], [fallback, "default limit"], inRequest);
  ordered([min, "min"], [fallback, "default"], { map: "default", shown: min });
  ordered([fallback, "default"], [max, "max"], { map: "default", shown: max });
  if (!ratio) return errors;
  const at = `${field}.maxLimitRequestRatio[${name}]`;
  if (ratio.compareTo(Quantity.parse("1")) < 0) {
    errors.push(
      invalidValue(at, String(ratio), `ratio ${ratio} is less than 1`),
    );
  }
  if (min && max) {
    const most = max.asNumber() / min.asNumber();
    if (ratio.asNumber() > most) {
      errors.push(invalidValue(
        at,
        String(ratio),
        `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`,
      ));
    }
  }
  return errors;
}
