import type { FieldError, Schema } from "../types.ts";
import { compileDefault } from "./default.ts";
import { compileEmbedded } from "./embedded.ts";
import { compileListTypes } from "./list_type.ts";
import { compilePrune } from "./prune.ts";
import { compileRules } from "./cel.ts";
import { compileValidate } from "./validate.ts";
import { invalidValue } from "./field_error.ts";

/** A schema made ready to be run on many objects. */
export interface CompiledSchema {
  /** Brings the metadata of embedded objects into the form of Go's, in place; answers what of them cannot be read. */
  coerce(object: unknown): FieldError[];
  /** Fills in defaults, in place; removes nulls where null is not allowed. */
  default(object: unknown): void;
  /** The same for `status` alone. */
  defaultStatus(object: unknown): void;
  /** Removes unknown fields, in place, and returns their paths (`spec.list[0].foo`), sorted. */
  prune(object: unknown): string[];
  /** The paths that `prune` would remove. */
  unknownFields(object: unknown): string[];
  /** What is wrong with the object; on updates, `old` is the object before. Never changes either. */
  validate(object: unknown, old?: unknown): FieldError[];
}

/** Options of `compileSchema`. */
export interface CompileSchemaOptions {
  /** Skip CEL rules, for schemas whose kind has its own checks. Default: false. */
  withoutRules?: boolean;
}

/** Problems after which CEL rules would only fail on values they don't expect. */
const blocking = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

function statusOf({ properties }: Schema): Schema {
  return { properties: properties?.status && { status: properties.status } };
}

/** Compiles the schema of a whole object (root: apiVersion, kind, metadata and its own fields). */
export function compileSchema(
  schema: Schema,
  { withoutRules = false }: CompileSchemaOptions = {},
): CompiledSchema {
  const prune = compilePrune(schema);
  const values = compileValidate(schema);
  const embedded = compileEmbedded(schema);
  const lists = compileListTypes(schema);
  const rules = withoutRules ? undefined : compileRules(schema);
  return {
    coerce: embedded.coerce,
    default: compileDefault(schema),
    defaultStatus: compileDefault(statusOf(schema)),
    prune: (object) => prune(object, true),
    unknownFields: (object) => prune(object, false),
    validate(object, old) {
      const out = [...values(object, old), ...embedded.validate(object)];
      const repeated = lists(object);
      // An update may keep duplicates that are there already.
      if (repeated.length && (old === undefined || !lists(old).length)) {
        out.push(...repeated);
      }
      if (!rules) return out;
      if (out.some((e) => blocking.has(e.reason))) {
        out.push(invalidValue(
          "",
          null,
          "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
        ));
        return out;
      }
      return out.concat(rules(object, old));
    },
  };
}
