/**
 * The selectors that an access review asks with. RBAC decides without them: what is wrong with one is refused, and
 * what could not be read is told of.
 *
 * @module
 */
import { fieldSelector } from "../request/field_selector.ts";
import { labelSelector } from "../request/label_selector.ts";
import { invalidValue, required } from "../schema/field_error.ts";
import type { FieldError } from "../types.ts";
import {
  requirementErrors,
  type SelectorRequirement,
} from "./selector_validation.ts";

/** A selector as text, or taken apart. */
interface ReviewSelector {
  rawSelector?: string;
  requirements?: SelectorRequirement[];
}

/** What `spec.resourceAttributes` has of them. */
export interface ReviewSelectors {
  fieldSelector?: ReviewSelector;
  labelSelector?: ReviewSelector;
}

const AT = "spec.resourceAttributes";

/** Problems with the selectors, as kube-apiserver refuses them. */
export function reviewSelectorErrors(
  { fieldSelector, labelSelector }: ReviewSelectors,
): FieldError[] {
  return [
    ...errorsOf(fieldSelector, {
      at: `${AT}.fieldSelector`,
      keyErrors: (key, at) => key ? [] : [required(at, "must be specified")],
    }),
    ...errorsOf(labelSelector, { at: `${AT}.labelSelector` }),
  ];
}

function errorsOf(
  selector: ReviewSelector | undefined,
  { at, keyErrors }: {
    at: string;
    /** Where keys and values are no labels. */
    keyErrors?: (key: string, at: string) => FieldError[];
  },
): FieldError[] {
  if (!selector) return [];
  const { rawSelector, requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector && requirements.length > 0) {
    errors.push(invalidValue(
      `${at}.rawSelector`,
      rawSelector,
      "may not specified at the same time as requirements",
    ));
  }
  if (!rawSelector && requirements.length === 0) {
    errors.push(required(
      `${at}.requirements`,
      `when ${at} is specified, requirements or rawSelector is required`,
    ));
  }
  requirements.forEach((requirement, index) => {
    errors.push(...requirementErrors(requirement, {
      at: `${at}.requirements[${index}]`,
      keyErrors,
      // Told of in the answer.
      anyOperator: true,
    }));
  });
  return errors;
}

/** What of valid selectors was not understood, in the words of a review's `evaluationError`; empty where all was. */
export function ignoredSelectors(
  { fieldSelector: fields, labelSelector: labels }: ReviewSelectors,
): string {
  return [
    ignored("fieldSelector", fields, {
      reads: fieldSelector,
      // A term of a field selector has one value.
      takes: ({ operator, values = [] }) =>
        (operator === "In" || operator === "NotIn") && values.length === 1,
    }),
    ignored("labelSelector", labels, {
      reads: labelSelector,
      takes: ({ operator = "" }) => LABEL_OPERATORS.includes(operator),
    }),
  ].filter((text) => text !== undefined).join("; ");
}

const LABEL_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];

function ignored(
  name: string,
  selector: ReviewSelector | undefined,
  { reads, takes }: {
    reads: (text: string) => unknown;
    takes: (requirement: SelectorRequirement) => boolean;
  },
): string | undefined {
  const { rawSelector, requirements = [] } = selector ?? {};
  const taken = requirements.filter(takes).length;
  let whole = taken === requirements.length;
  if (rawSelector) {
    try {
      reads(rawSelector);
    } catch {
      whole = false;
    }
  }
  if (whole) return undefined;
  const how = taken > 0 ? "partially ignored" : "ignored";
  return `${AT}.${name} ${how} due to parse error`;
}
