/**
 * The JSON Schema (2020-12) by which a plugin's config is checked.
 *
 * @module
 */
import {
  Ajv2020,
  type ErrorObject,
  type ValidateFunction,
} from "ajv/dist/2020.js";
import { Problem } from "./problem.ts";

/** A JSON Schema. */
export type JsonSchema = Record<string, unknown>;

/** Compiling is slow; schemas stay the same objects until their Plugin changes. */
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/** The most problems of one config that are told at a time. */
const MOST = 5;

/** @throws Problem InvalidConfigSchema */
export function compileSchema(
  schema: JsonSchema,
  where: string,
): ValidateFunction {
  let validate = compiled.get(schema);
  if (!validate) {
    try {
      validate = new Ajv2020({
        strict: false,
        allErrors: true,
        // Annotations in 2020-12.
        validateFormats: false,
        logger: false,
      }).compile(schema);
    } catch (error) {
      throw new Problem(
        "InvalidConfigSchema",
        `configSchema of ${where} is not a JSON Schema: ${
          (error as Error).message
        }`,
      );
    }
    compiled.set(schema, validate);
  }
  return validate;
}

/** Something in a config that its schema does not allow. */
export interface ConfigFault {
  /** The field, or what lacks it; as far as it is there, a place in the config. */
  path: (string | number)[];
  /** `config.peers[0].publicKey` */
  field: string;
  /** What is expected. Never the value, which may be a secret. */
  message: string;
  /** Whether a field is missing, is one too many, or has a wrong value. */
  about: "missing" | "unknown" | "value";
  /** Whether it stands, whatever fields are added. */
  isSure: boolean;
}

/** Options of {@linkcode configFaults}. */
export interface ConfigFaultsOptions {
  /** JSON Pointers of fields whose values are not known, and so not wrong. @default none */
  unread?: string[];
}

/** What is wrong with `value`, one for each field; empty where nothing is. */
export function configFaults(
  value: unknown,
  validate: ValidateFunction,
  { unread = [] }: ConfigFaultsOptions = {},
): ConfigFault[] {
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  // A list may be wrong in each of its items: none is compared with each.
  const unsure = new Set(
    errors.filter(({ keyword }) => CONDITIONAL.test(keyword))
      .map(({ instancePath }) => instancePath),
  );
  const unknown = new Set(unread);
  const around = new Set(unread.flatMap(pointersAbove));
  const known = errors.filter(({ instancePath, keyword }) =>
    !unknown.has(instancePath) &&
    // Of alternatives for what holds such a value.
    !(/^(any|one)Of$/.test(keyword) && around.has(instancePath))
  );
  const byField = Map.groupBy(known, (error) => configField(pathOf(error)));
  return [...byField].map(([field, errors]) => {
    const [first] = errors as [ErrorObject];
    return {
      path: pathOf(first),
      field,
      message: explain(errors, validate.schema as JsonSchema),
      about: first.params.missingProperty !== undefined
        ? "missing"
        : innerOf(first) !== undefined
        ? "unknown"
        : "value",
      isSure: errors.some(({ instancePath, keyword }) =>
        !OPEN.test(keyword) && !isWithin(instancePath, unsure)
      ),
    };
  });
}

/** Keywords under which another field may make good what is wrong with one. */
const CONDITIONAL = /^(anyOf|oneOf|not|if|contains|propertyNames)$/;
/** Keywords whose errors a field more may end. */
const OPEN =
  /^(required|minProperties|unevaluated\w+|dependen\w+|minItems|minContains)$/;

/**
 * The same as {@linkcode configFaults} in words, each with its field, the
 * first few of them. No message holds a value.
 */
export function configProblems(
  value: unknown,
  validate: ValidateFunction,
  options: ConfigFaultsOptions = {},
): string[] {
  return tellFaults(configFaults(value, validate, options));
}

/** Faults in words. */
export function tellFaults(faults: ConfigFault[]): string[] {
  const problems = faults.slice(0, MOST).map(({ field, message }) =>
    `${field} ${message}`
  );
  const more = faults.length - MOST;
  return more > 0 ? [...problems, `and ${more} more`] : problems;
}

/** Whether a JSON Pointer is one of some, or leads below one. */
function isWithin(pointer: string, some: ReadonlySet<string>): boolean {
  return some.size > 0 &&
    [pointer, ...pointersAbove(pointer)].some((at) => some.has(at));
}

/** JSON Pointers of all that holds what one leads to. */
function pointersAbove(pointer: string): string[] {
  const above: string[] = [];
  for (let at = pointer; at !== "";) {
    at = at.slice(0, at.lastIndexOf("/"));
    above.push(at);
  }
  return above;
}

function pathOf(error: ErrorObject): (string | number)[] {
  const path = fieldPath(error.instancePath);
  const inner = innerOf(error);
  return inner === undefined ? path : [...path, inner];
}

/** The field that is missing or too many. */
function innerOf({ params }: ErrorObject): string | undefined {
  return params.missingProperty ?? params.additionalProperty ??
    params.unevaluatedProperty;
}

/** The fields that lead where a JSON Pointer (RFC 6901) does; what may be the number of an item counts as that. */
export function fieldPath(pointer: string): (string | number)[] {
  return pointer.split("/").slice(1).map(unescapePointer)
    .map((token) => /^\d+$/.test(token) ? Number(token) : token);
}

/** `config.peers[0].publicKey` */
export function configField(path: (string | number)[]): string {
  return `config${
    path.map((part) => typeof part === "number" ? `[${part}]` : `.${part}`)
      .join("")
  }`;
}

function explain(errors: ErrorObject[], schema: JsonSchema): string {
  const alternatives = errors.some((error) =>
    error.keyword === "anyOf" || error.keyword === "oneOf"
  );
  const words = new Set(
    errors.filter((error) =>
      !alternatives || (error.keyword !== "anyOf" && error.keyword !== "oneOf")
    ).map((error) => phrase(error, schema)),
  );
  if (!words.size) return "must be one of the forms that its schema allows";
  return [...words].join(alternatives ? " or " : " and ");
}

function phrase(error: ErrorObject, schema: JsonSchema): string {
  switch (error.keyword) {
    case "required":
      return "is required";
    case "additionalProperties":
    case "unevaluatedProperties": {
      const name = error.params.additionalProperty ??
        error.params.unevaluatedProperty;
      const known = knownFields(error, schema);
      const close = known.find((field) => isClose(field, name));
      if (close) return `is not a field; did you mean ${close}?`;
      return known.length
        ? `is not a field; there are ${known.join(", ")}`
        : "is not a field";
    }
    case "enum":
      return `must be one of ${
        error.params.allowedValues.map((v: unknown) => JSON.stringify(v))
          .join(", ")
      }`;
    default:
      return error.message ?? `does not fit (${error.keyword})`;
  }
}

/** Fields beside the one that is too many. */
function knownFields(error: ErrorObject, schema: JsonSchema): string[] {
  const path = error.schemaPath.replace(/^#\//, "").split("/").slice(0, -1);
  let at: unknown = schema;
  for (const token of path) {
    at = (at as JsonSchema | undefined)?.[
      unescapePointer(decodeURIComponent(token))
    ];
  }
  const properties = (at as JsonSchema | undefined)?.properties;
  return Object.keys(properties ?? {});
}

/** Whether one typing slip makes one of the other: a letter less, more, other, or two swapped. */
export function isClose(a: string, b: string): boolean {
  if (a.toLowerCase() === b.toLowerCase()) return true;
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const [restA, restB] = [a.slice(i), b.slice(i)];
  return restA.slice(1) === restB || restA === restB.slice(1) ||
    restA.slice(1) === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] &&
      restA.slice(2) === restB.slice(2));
}

/** A token of a JSON Pointer (RFC 6901) as it was before it was escaped. */
export function unescapePointer(token: string): string {
  return token.replaceAll("~1", "/").replaceAll("~0", "~");
}
