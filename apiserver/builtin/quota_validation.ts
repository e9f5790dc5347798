/**
 * Rules for ResourceQuotas (kubernetes `pkg/apis/core/validation`).
 *
 * @module
 */
import { invalidValue, required } from "../schema/field_error.ts";
import { Quantity } from "../schema/quantity.ts";
import type { FieldError, KubeObject } from "../types.ts";
import {
  COUNTED,
  isQuotaResource,
  resourceNameErrors,
} from "./resource_names.ts";

const COMPUTE = [
  "pods",
  "cpu",
  "memory",
  "limits.cpu",
  "limits.memory",
  "requests.cpu",
  "requests.memory",
];
/** What each scope may be about. */
const SCOPES = new Map(Object.entries({
  BestEffort: ["pods"],
  CrossNamespacePodAffinity: COMPUTE,
  NotBestEffort: COMPUTE,
  NotTerminating: COMPUTE,
  PriorityClass: COMPUTE,
  Terminating: COMPUTE,
  VolumeAttributesClass: ["persistentvolumeclaims", "requests.storage"],
}));
const CONFLICTING = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;
/** Scopes that are there or not, and have no values. */
const PLAIN = [
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "Terminating",
];

interface QuotaSpec {
  hard?: Record<string, string>;
  scopes?: string[];
  scopeSelector?: {
    matchExpressions?: ScopeExpression[];
  };
}

interface ScopeExpression {
  scopeName?: string;
  operator?: string;
  values?: string[];
}

/** Problems with a quota, and with its change where `old` is given. */
export function quotaErrors(quota: KubeObject, old?: KubeObject): FieldError[] {
  const spec: QuotaSpec = quota.spec ?? {};
  const errors = Object.entries(spec.hard ?? {}).flatMap(([name, value]) => [
    ...nameErrors(name),
    ...valueErrors(name, value),
  ]);
  errors.push(...scopeErrors(spec), ...selectorErrors(spec));
  const [is, was] = [spec, old?.spec ?? spec].map((each: QuotaSpec) =>
    [...new Set(each.scopes)].sort().join()
  );
  if (is !== was) {
    errors.push(
      invalidValue("spec.scopes", spec.scopes ?? null, "field is immutable"),
    );
  }
  return errors;
}

function nameErrors(name: string): FieldError[] {
  const field = `spec.hard[${name}]`;
  const errors = resourceNameErrors(field, name);
  if (!name.includes("/") && !isQuotaResource(name)) {
    errors.push(
      invalidValue(field, name, "must be a standard resource for quota"),
    );
  }
  return errors;
}

function valueErrors(name: string, value: string): FieldError[] {
  const field = `spec.hard[${name}]`;
  const quantity = Quantity.parse(value);
  const errors: FieldError[] = [];
  if (quantity.sign() < 0) {
    errors.push(
      invalidValue(field, value, "must be greater than or equal to 0"),
    );
  }
  const counts = COUNTED.includes(name) || name.startsWith("count/");
  if (counts && !quantity.isInteger()) {
    errors.push(invalidValue(field, value, "must be an integer"));
  }
  return errors;
}

/** Resources of the quota that `scope` cannot be about. */
function misfits({ hard = {} }: QuotaSpec, scope: string): string[] {
  const fitting = SCOPES.get(scope);
  return fitting
    ? Object.keys(hard).filter((name) =>
      isQuotaResource(name) && !fitting.includes(name)
    )
    : [];
}

function conflicts(scopes: string[]): boolean[] {
  return CONFLICTING.map((pair) => pair.every((each) => scopes.includes(each)));
}

function scopeErrors(spec: QuotaSpec): FieldError[] {
  const { scopes = [] } = spec;
  const wrong = (why: string) => invalidValue("spec.scopes", scopes, why);
  return [
    ...scopes.flatMap((scope) => [
      ...SCOPES.has(scope) ? [] : [wrong("unsupported scope")],
      ...misfits(spec, scope).map(() =>
        wrong("unsupported scope applied to resource")
      ),
    ]),
    ...conflicts(scopes).filter(Boolean).map(() => wrong("conflicting scopes")),
  ];
}

function selectorErrors(spec: QuotaSpec): FieldError[] {
  const expressions = spec.scopeSelector?.matchExpressions ?? [];
  const field = "spec.scopeSelector.matchExpressions";
  const errors = expressions.flatMap((expression) => {
    const { scopeName = "", operator = "", values = [] } = expression;
    const found: FieldError[] = [];
    if (!SCOPES.has(scopeName)) {
      found.push(
        invalidValue(`${field}.scopeName`, scopeName, "unsupported scope"),
      );
    }
    for (const _ of misfits(spec, scopeName)) {
      found.push(misfit(field, expressions));
    }
    if (PLAIN.includes(scopeName) && operator !== "Exists") {
      found.push(invalidValue(
        `${field}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ));
    }
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0) {
        found.push(required(
          `${field}.values`,
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ));
      }
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0) {
        found.push(invalidValue(
          `${field}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ));
      }
    } else {
      found.push(invalidValue(
        `${field}.operator`,
        operator,
        "not a valid selector operator",
      ));
    }
    return found;
  });
  for (
    const _ of conflicts(expressions.map((e) => e.scopeName ?? "")).filter(
      Boolean,
    )
  ) {
    errors.push(
      invalidValue("spec.scopes", spec.scopes ?? null, "conflicting scopes"),
    );
  }
  return errors;
}

/** The selector as errors show it: with the names of Go's fields. */
function misfit(
  field: string,
  expressions: ScopeExpression[],
): FieldError {
  const shown = {
    MatchExpressions: expressions.map(({ scopeName, operator, values }) => ({
      ScopeName: scopeName ?? "",
      Operator: operator ?? "",
      Values: values ?? null,
    })),
  };
  return {
    ...invalidValue(field, "", ""),
    message: `Invalid value: ${
      JSON.stringify(shown)
    }: unsupported scope applied to resource`,
  };
}
