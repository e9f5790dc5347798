import {
  labelErrors,
  labelValueProblems,
  qualifiedNameProblems,
} from "../registry/names.ts";
import {
  forbiddenField,
  invalidValue,
  required,
} from "../schema/field_error.ts";
import type { FieldError } from "../types.ts";

/** A requirement of a selector (meta/v1). */
export interface SelectorRequirement {
  key?: string;
  operator?: string;
  values?: string[];
}

/** A LabelSelector (meta/v1). */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: SelectorRequirement[];
}

/** Problems with a LabelSelector that stands at `field`. */
export function selectorErrors(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  field: string,
): FieldError[] {
  const errors = labelErrors(matchLabels, `${field}.matchLabels`);
  matchExpressions.forEach((expression, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    errors.push(...requirementErrors(expression, { at }));
  });
  return errors;
}

/** Problems with one requirement, that stands at `at`. */
export function requirementErrors(
  { key = "", operator = "", values = [] }: SelectorRequirement,
  { at, anyOperator = false, keyErrors }: {
    at: string;
    /** Whether an operator that nobody knows is none of them. @default {false} */
    anyOperator?: boolean;
    /** Problems with the key of a requirement that is not about labels, whose values are any. */
    keyErrors?: (key: string, at: string) => FieldError[];
  },
): FieldError[] {
  const errors: FieldError[] = [];
  if (keyErrors) errors.push(...keyErrors(key, `${at}.key`));
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) {
      errors.push(required(
        `${at}.values`,
        "must be specified when `operator` is 'In' or 'NotIn'",
      ));
    }
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) {
      errors.push(forbiddenField(
        `${at}.values`,
        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      ));
    }
  } else if (!anyOperator) {
    errors.push(invalidValue(
      `${at}.operator`,
      operator,
      "not a valid selector operator",
    ));
  }
  if (keyErrors) return errors;
  for (const why of qualifiedNameProblems(key)) {
    errors.push(invalidValue(`${at}.key`, key, why));
  }
  values.forEach((value, i) => {
    for (const why of labelValueProblems(value)) {
      errors.push(invalidValue(`${at}.values[${i}]`, value, why));
    }
  });
  return errors;
}
