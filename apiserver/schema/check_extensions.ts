import {
  compileError,
  compileMessage,
  compileRule,
  NO_BOOL,
  NO_STRING,
} from "./cel.ts";
import { type Estimate, estimate } from "./cel_estimate.ts";
import { type CelType, celType } from "./cel_types.ts";
import { RuleCosts } from "./rule_costs.ts";
import type { FieldError, Schema, ValidationRule } from "../types.ts";
import { compileDefault } from "./default.ts";
import { compilePrune } from "./prune.ts";
import { compileValidate } from "./validate.ts";
import {
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from "./field_error.ts";

/**
 * Checks what apiextensions asks of a schema beyond its structure: types, lists, maps, defaults and CEL rules. Adds
 * what is wrong to `out`.
 */
export function checkExtensions(
  schema: Schema,
  path: string,
  { out, structural }: {
    out: FieldError[];
    /** Defaults and rules are tried only on a schema that is. */
    structural: boolean;
  },
): void {
  const costs = new RuleCosts(path);
  check(schema, { path, out, structural, costs, times: 1, root: true });
  out.push(...costs.problems());
}

/** Where in a schema a check is. */
interface Place {
  path: string;
  out: FieldError[];
  structural: boolean;
  costs: RuleCosts;
  /** How often what is described here can stand in an object; undefined where nothing limits that. */
  times: number | undefined;
  root?: boolean;
  /** Path of the list around it whose items have no counterpart in the object before. */
  apart?: string;
}

function check(schema: Schema, place: Place): void {
  const { path, out } = place;
  listType(schema, path, out);
  if (schema.type && !types.includes(schema.type)) {
    out.push(notSupported(`${path}.type`, schema.type, types));
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    out.push(invalidValue(
      `${path}.x-kubernetes-preserve-unknown-fields`,
      false,
      "must be true or undefined",
    ));
  }
  const mapType = schema["x-kubernetes-map-type"];
  if (mapType !== undefined && !["atomic", "granular"].includes(mapType)) {
    out.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, [
      "atomic",
      "granular",
    ]));
  }
  if (mapType !== undefined && schema.type !== "object") {
    out.push(invalidValue(
      `${path}.type`,
      schema.type ?? "",
      "must be object if x-kubernetes-map-type is specified",
    ));
  }
  if (schema.uniqueItems === true) {
    out.push(forbiddenField(
      `${path}.uniqueItems`,
      "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    ));
  }
  if (place.root && schema.nullable) {
    const why = "nullable cannot be true at the root";
    out.push(forbiddenField(`${path}.nullable`, why));
  }
  const additional = schema.additionalProperties;
  if (
    additional !== undefined && additional !== true &&
    Object.keys(schema.properties ?? {}).length
  ) {
    out.push(forbiddenField(
      `${path}.additionalProperties`,
      "additionalProperties and properties are mutual exclusive",
    ));
  }
  if (
    place.structural && schema.default !== undefined && schema.default !== null
  ) {
    checkDefault(schema, path, out);
  }
  schema["x-kubernetes-validations"]?.forEach((rule, i) => {
    checkRule(rule, {
      ...place,
      schema,
      path: `${path}.x-kubernetes-validations[${i}]`,
    });
  });
  const elements = schema.type === "array"
    ? schema.maxItems
    : schema.additionalProperties
    ? schema.maxProperties
    : 1;
  const times = place.times === undefined || elements === undefined
    ? undefined
    : place.times * elements;
  const inner = { ...place, times, root: false };
  if (schema.items) {
    // Only the items of a list-map are known by their keys.
    const keyed = schema["x-kubernetes-list-type"] === "map";
    check(schema.items, {
      ...inner,
      apart: place.apart ?? (keyed ? undefined : path),
      path: `${path}.items`,
    });
  }
  for (const [key, sub] of Object.entries(schema.properties ?? {})) {
    check(sub, { ...inner, path: `${path}.properties[${key}]` });
  }
  if (typeof schema.additionalProperties === "object") {
    check(schema.additionalProperties, {
      ...inner,
      path: `${path}.additionalProperties`,
    });
  }
}

const types = ["array", "boolean", "integer", "number", "object", "string"];

/** Items of a set are compared as a whole. */
function checkSetItems(
  items: Schema | undefined,
  path: string,
  out: FieldError[],
): void {
  const rule = {
    object: ["x-kubernetes-map-type", items?.["x-kubernetes-map-type"]],
    array: ["x-kubernetes-list-type", items?.["x-kubernetes-list-type"]],
  }[items?.type as string];
  if (!rule || rule[1] === "atomic") return;
  // A list is atomic where nothing says otherwise.
  if (items?.type === "array" && rule[1] === undefined) return;
  out.push(invalidValue(
    `${path}.${rule[0]}`,
    rule[1] ?? null,
    "must be atomic as item of a list with x-kubernetes-list-type=set",
  ));
}

function checkDefault(schema: Schema, path: string, out: FieldError[]): void {
  const value = structuredClone(schema.default);
  compileDefault(schema)(value);
  // Under a field, so that the default is not taken for a whole object.
  const unknown = compilePrune({
    type: "object",
    properties: { default: schema },
  })({ default: value }, false);
  if (unknown.length) {
    out.push(invalidValue(
      `${path}.default`,
      schema.default,
      "must not have unknown fields",
    ));
  }
  for (const problem of compileValidate(schema)(value)) {
    const inner = problem.field === "<nil>" ? "" : `.${problem.field}`;
    out.push({ ...problem, field: `${path}.default${inner}` });
  }
}

const reasons = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];

function checkRule(
  rule: ValidationRule,
  { schema, path, out, structural, costs, times, root, apart }: Place & {
    schema: Schema;
  },
): void {
  const { message, reason, fieldPath } = rule;
  if (!rule.rule?.trim()) {
    out.push(required(`${path}.rule`, "rule is not specified"));
    return;
  }
  if (message && !message.trim()) {
    out.push(
      invalidValue(
        `${path}.message`,
        message,
        "must be non-empty if specified",
      ),
    );
  } else if (message?.includes("\n")) {
    out.push(
      invalidValue(`${path}.message`, message, "must not contain line breaks"),
    );
  } else if (!message && rule.rule.includes("\n")) {
    out.push(required(
      `${path}.message`,
      "message must be specified if rule contains line breaks",
    ));
  }
  if (reason && !reasons.includes(reason)) {
    out.push(notSupported(`${path}.reason`, reason, reasons));
  }
  if (fieldPath && !fieldIn(schema, fieldPath)) {
    out.push(
      invalidValue(`${path}.fieldPath`, fieldPath, "must be a valid path"),
    );
  }
  const { messageExpression } = rule;
  if (messageExpression && !messageExpression.trim()) {
    out.push(required(
      `${path}.messageExpression`,
      "messageExpression must be non-empty if specified",
    ));
  }
  if (!structural) return;
  const { wrong: failure, ast, transition } = compileRule(rule, schema);
  const self = celType(schema, {
    root: root || schema["x-kubernetes-embedded-resource"] === true,
  });
  const { cost, problems, type }: Estimate = ast
    ? estimate(ast, self)
    : { cost: 0, problems: [] };
  costs.add(`${path}.rule`, { cost, times, minSize: self?.minSize ?? 1 });
  const wrong = failure ??
    problems.map(({ text, at }) => compileError(rule.rule, { text, at }))[0];
  const shown = JSON.stringify({
    Rule: rule.rule,
    Message: message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: reason ?? null,
    FieldPath: fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  });
  const refuse = (field: string, why: string) =>
    out.push({
      ...invalidValue(`${path}.${field}`, "", ""),
      message: `Invalid value: ${shown}: ${why}`,
    });
  if (wrong !== undefined) {
    refuse("rule", wrong === NO_BOOL ? wrong : `compilation failed: ${wrong}`);
  } else if (type && NO_SCALARS.has(type.kind)) refuse("rule", NO_BOOL);
  else if (rule.optionalOldSelf && !transition) {
    const why = "may not be set if oldSelf is not used in rule";
    out.push(invalidValue(`${path}.optionalOldSelf`, true, why));
  }
  if (transition && apart !== undefined) {
    const why =
      `oldSelf cannot be used on the uncorrelatable portion of the schema within ${apart}`;
    out.push(invalidValue(`${path}.rule`, rule.rule, why));
  }
  if (!messageExpression?.trim()) return;
  const { problem, cost: messageCost } = checkMessage(rule, { schema, self });
  if (problem !== undefined) refuse("messageExpression", problem);
  else costs.addMessage(`${path}.messageExpression`, messageCost);
}

/** Kinds of values that are no bool, whatever the value. */
const NO_SCALARS = new Set(["list", "map", "object", "string"]);

function checkMessage(
  rule: ValidationRule,
  { schema, self }: { schema: Schema; self: CelType | undefined },
): { problem?: string; cost: number } {
  const { wrong, ast } = compileMessage(rule, schema);
  if (wrong !== undefined) return { problem: wrong, cost: 0 };
  const { cost, type, problems: [problem] } = estimate(ast!, self);
  if (problem) {
    const why = compileError(rule.messageExpression!, problem);
    return { problem: `messageExpression compilation failed: ${why}`, cost };
  }
  return type && type.kind !== "string" && NO_SCALARS.has(type.kind)
    ? { problem: NO_STRING, cost }
    : { cost };
}

/** Whether a rule's fieldPath (`.spec.x`, `['a.b']`) names a field below `schema`. */
function fieldIn(schema: Schema, path: string): boolean {
  const parts = path.match(/\.[^.[\]]+|\['(?:\\.|[^'\\])*'\]/g) ?? [];
  if (parts.join("") !== path) return false;
  let at: Schema | undefined = schema;
  for (const part of parts) {
    const name = part.startsWith(".")
      ? part.slice(1)
      : part.slice(2, -2).replace(/\\(.)/g, "$1");
    const rest: Schema | boolean | undefined = at?.additionalProperties;
    at = at?.properties?.[name] ??
      (typeof rest === "object" ? rest : undefined);
    if (!at) return false;
  }
  return true;
}

function listType(schema: Schema, path: string, out: FieldError[]): void {
  const type = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (type !== undefined && schema.type !== "array") {
    out.push(invalidValue(
      `${path}.type`,
      schema.type ?? "",
      "must be array if x-kubernetes-list-type is specified",
    ));
  }
  if (type !== undefined && !["atomic", "set", "map"].includes(type)) {
    out.push(notSupported(`${path}.x-kubernetes-list-type`, type, [
      "atomic",
      "set",
      "map",
    ]));
  }
  if (keys.length && type !== "map") {
    const at = `${path}.x-kubernetes-list-type`;
    const detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    out.push(
      type === undefined
        ? required(at, detail)
        : invalidValue(at, type, detail),
    );
  }
  if (type === "set") checkSetItems(schema.items, `${path}.items`, out);
  if (type !== "map") return;
  if (!keys.length) {
    out.push(required(
      `${path}.x-kubernetes-list-map-keys`,
      "must not be empty if x-kubernetes-list-type is map",
    ));
  }
  if (schema.items && schema.items.type !== "object") {
    out.push(invalidValue(
      `${path}.items.type`,
      schema.items.type ?? "",
      "must be object if parent array's x-kubernetes-list-type is map",
    ));
  }
  const fields = schema.items?.properties ?? {};
  if (keys.some((key) => !fields[key])) {
    out.push(invalidValue(
      `${path}.x-kubernetes-list-map-keys`,
      keys,
      "entries must all be names of item properties",
    ));
  }
  keys.forEach((key) => {
    const field = fields[key];
    if (!field) return;
    if (
      !schema.items?.required?.includes(key) && field.default === undefined
    ) {
      out.push(required(
        `${path}.items.properties[${key}].default`,
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      ));
    }
    if (field.type === "array" || field.type === "object") {
      out.push(invalidValue(
        `${path}.items.properties[${key}].type`,
        field.type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      ));
    }
  });
}
