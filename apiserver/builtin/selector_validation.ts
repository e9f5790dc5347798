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

/** A LabelSelector (meta/v1). */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key?: string; operator?: string; values?: string[] }[];
}

/** Problems with a LabelSelector that stands at `field`. */
export function selectorErrors(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  field: string,
): FieldError[] {
  const errors = labelErrors(matchLabels, `${field}.matchLabels`);
  matchExpressions.forEach((expression, index) => {
    const { key = "", operator = "", values = [] } = expression;
    const at = `${field}.matchExpressions[${index}]`;
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
    } else {
      errors.push(invalidValue(
        `${at}.operator`,
        operator,
        "not a valid selector operator",
      ));
    }
    for (const why of qualifiedNameProblems(key)) {
      errors.push(invalidValue(`${at}.key`, key, why));
    }
    values.forEach((value, i) => {
      for (const why of labelValueProblems(value)) {
        errors.push(invalidValue(`${at}.values[${i}]`, value, why));
      }
    });
  });
  return errors;
}
