/**
 * Field errors worded as Kubernetes' `field` package words them.
 *
 * @module
 */
import type { FieldError } from "../types.ts";

/** A value whose text is left out of the message. */
export const OMIT = Symbol("omitted value");

/** JSON with sorted keys, as Go encodes maps. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (!part || typeof part !== "object" || Array.isArray(part)) return part;
    return Object.fromEntries(
      Object.entries(part).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
    );
  }) ?? "null";
}

function compose(
  title: string,
  value: unknown,
  detail: string,
): string {
  const head = value === OMIT
    ? title
    : `${title}: ${
      typeof value === "number" || typeof value === "boolean"
        ? String(value)
        : canonicalJson(value)
    }`;
  return detail ? `${head}: ${detail}` : head;
}

/** `Invalid value: "x": detail`. */
export function invalidValue(
  field: string,
  value: unknown,
  detail: string,
): FieldError {
  return {
    reason: "FieldValueInvalid",
    field: field || "<nil>",
    message: compose("Invalid value", value, detail),
  };
}

/** The same for a value of the wrong type. */
export function typeInvalid(
  field: string,
  value: unknown,
  detail: string,
): FieldError {
  return {
    reason: "FieldValueTypeInvalid",
    field: field || "<nil>",
    message: compose("Invalid value", value, detail),
  };
}

/** `Required value`. */
export function required(field: string, detail = ""): FieldError {
  return {
    reason: "FieldValueRequired",
    field: field || "<nil>",
    message: compose("Required value", OMIT, detail),
  };
}

/** `Forbidden: detail`. */
export function forbiddenField(field: string, detail: string): FieldError {
  return {
    reason: "FieldValueForbidden",
    field: field || "<nil>",
    message: compose("Forbidden", OMIT, detail),
  };
}

/** `Duplicate value: …`. */
export function duplicate(field: string, value: unknown): FieldError {
  return {
    reason: "FieldValueDuplicate",
    field: field || "<nil>",
    message: compose("Duplicate value", value, ""),
  };
}

/** `Unsupported value: "x": supported values: "a", "b"`. */
export function notSupported(
  field: string,
  value: unknown,
  supported: unknown[],
): FieldError {
  const texts = supported.map((v) =>
    JSON.stringify(typeof v === "string" ? v : canonicalJson(v))
  );
  return {
    reason: "FieldValueNotSupported",
    field: field || "<nil>",
    message: compose(
      "Unsupported value",
      value,
      texts.length ? `supported values: ${texts.join(", ")}` : "",
    ),
  };
}

/** `Too long: may not be more than 5 bytes`. */
export function tooLong(field: string, max: number): FieldError {
  return {
    reason: "FieldValueTooLong",
    field: field || "<nil>",
    message: `Too long: may not be more than ${max} ${
      max === 1 ? "byte" : "bytes"
    }`,
  };
}

/** `Too many: 5: must have at most 3 items`. */
export function tooMany(
  field: string,
  actual: number,
  max: number,
): FieldError {
  return {
    reason: "FieldValueTooMany",
    field: field || "<nil>",
    message: `Too many: ${actual}: must have at most ${max} ${
      max === 1 ? "item" : "items"
    }`,
  };
}
