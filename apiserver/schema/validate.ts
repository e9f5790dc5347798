import type { FieldError, Schema } from "../types.ts";
import { canonicalJson } from "./field_error.ts";
import { deepEqual } from "./deep_equal.ts";
import { formats } from "./formats.ts";
import { goRegExp } from "./go_regexp.ts";
import { joinPath } from "./prune.ts";
import * as errors from "./field_error.ts";

/**
 * One run of a validator. `old` values are given on updates only, and only after a first run without them found
 * errors: what an update leaves as it was is then forgiven (ratcheting).
 */
interface Run {
  path: (string | number)[];
  out: FieldError[];
  ratchet: boolean;
}

/** Checks a value; returns how many checks ran, by which the best of several alternatives is chosen. */
type Check = (value: unknown, old: unknown, run: Run) => number;

/** Checks an object against `schema`; with `old`, what is unchanged is not held against the update. */
export function compileValidate(
  schema: Schema,
): (object: unknown, old?: unknown) => FieldError[] {
  const check = compile(schema);
  return (object, old) => {
    const first: Run = { path: [], out: [], ratchet: false };
    check(object, undefined, first);
    if (!first.out.length || old === undefined) return first.out;
    const again: Run = { path: [], out: [], ratchet: true };
    check(object, old, again);
    return again.out;
  };
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") {
    return Number.isInteger(value) ? "integer" : "number";
  }
  return typeof value;
}

/** The width Go would have decoded the value to, which some messages name. */
function goFormat(value: unknown): string {
  if (typeof value !== "number") return "";
  return Number.isInteger(value) ? "int64" : "float64";
}

const rangeFormats = new Map([
  ["integer", ["int32", "int64"]],
  ["number", ["float", "double"]],
]);

function compileType(schema: Schema): Check | undefined {
  const types: string[] = schema["x-kubernetes-int-or-string"]
    ? ["integer", "string"]
    : schema.type
    ? [schema.type]
    : [];
  const format = schema.format &&
      (formats.has(schema.format) || /^(int32|int64|float|double)$/.test(
        schema.format,
      ))
    ? schema.format
    : "";
  if (!types.length) return undefined;
  const expected = types.join(",");
  const only = types[0]!;
  const nullable = schema.nullable === true;
  const several = types.length > 1;
  const fail = (run: Run, wanted: string, found: string) => {
    const at = joinPath(run.path);
    run.out.push(
      errors.typeInvalid(
        at,
        found,
        `${at} in body must be of type ${wanted}: ${JSON.stringify(found)}`,
      ),
    );
    return 0;
  };
  return (value, _old, run) => {
    if (value === null) return nullable ? 1 : fail(run, expected, "null");
    const found = typeName(value);
    if (found === only || (several && found === "string")) return 1;
    if (only === "number" && found === "integer") return 1;
    if (format && found !== "string" && found !== "array") {
      return fail(run, format, goFormat(value));
    }
    return fail(run, expected, found);
  };
}

function compileString(schema: Schema): Check | undefined {
  const { maxLength, minLength, pattern } = schema;
  if (maxLength === undefined && minLength === undefined && !pattern) {
    return undefined;
  }
  let wrong = "";
  let compiled: ReturnType<typeof goRegExp> | undefined;
  // Not compiled before it is needed: a server has hundreds of patterns, most of which no request meets.
  const fits = (text: string): boolean => {
    try {
      compiled ??= goRegExp(pattern!);
      return compiled.test(text);
    } catch (error) {
      wrong = `${pattern}, but pattern is invalid: ${(error as Error).message}`;
      return false;
    }
  };
  return (value, _old, run) => {
    const text = value as string;
    // Lengths count code points; the cheap test on code units decides most.
    if (maxLength !== undefined && text.length > maxLength) {
      if ([...text].length > maxLength) {
        run.out.push(errors.tooLong(joinPath(run.path), maxLength));
        return 0;
      }
    }
    if (minLength !== undefined && [...text].length < minLength) {
      const at = joinPath(run.path);
      run.out.push(errors.invalidValue(
        at,
        text,
        `${at} in body should be at least ${minLength} chars long`,
      ));
      return 0;
    }
    if (pattern && !fits(text)) {
      const at = joinPath(run.path);
      run.out.push(errors.invalidValue(
        at,
        text,
        `${at} in body should match '${wrong || pattern}'`,
      ));
    }
    return 0;
  };
}

function compileFormat(schema: Schema): Check | undefined {
  const format = schema.format ?? "";
  const valid = formats.get(format);
  if (!valid) return undefined;
  return (value, _old, run) => {
    if (!valid(value as string)) {
      const at = joinPath(run.path);
      run.out.push(errors.typeInvalid(
        at,
        value,
        `${at} in body must be of type ${format}: ${JSON.stringify(value)}`,
      ));
    }
    return 0;
  };
}

function compileNumber(schema: Schema): Check {
  const { minimum, maximum, multipleOf } = schema;
  const type = schema["x-kubernetes-int-or-string"] ? "" : schema.type ?? "";
  const format = rangeFormats.get(type)?.includes(schema.format ?? "")
    ? schema.format!
    : "";
  const inRange = (value: number) => {
    if (type === "integer") {
      if (!Number.isInteger(value)) return false;
      if (format === "int32") return value >= -(2 ** 31) && value < 2 ** 31;
      return value >= -(2 ** 63) && value < 2 ** 63;
    }
    return format !== "float" || Math.abs(value) <= 3.4028235677973366e38;
  };
  return (value, _old, run) => {
    const n = value as number;
    const fail = (detail: string) => {
      const at = joinPath(run.path);
      run.out.push(errors.invalidValue(at, n, `${at} in body ${detail}`));
    };
    if (!inRange(n)) {
      run.out.push(errors.invalidValue(
        "",
        "",
        `Checked value must be of type ${type} ${
          format ? `with format ${format}` : "(default format)"
        } in ${joinPath(run.path)}`,
      ));
    }
    if (multipleOf !== undefined) {
      const quotient = multipleOf < 1 ? 1 / multipleOf * n : n / multipleOf;
      if (!nearInteger(quotient)) fail(`should be a multiple of ${multipleOf}`);
    }
    if (
      minimum !== undefined &&
      (schema.exclusiveMinimum ? n <= minimum : n < minimum)
    ) {
      fail(
        `should be greater than ${
          schema.exclusiveMinimum ? "" : "or equal to "
        }${minimum}`,
      );
    }
    if (
      maximum !== undefined &&
      (schema.exclusiveMaximum ? n >= maximum : n > maximum)
    ) {
      fail(
        `should be less than ${
          schema.exclusiveMaximum ? "" : "or equal to "
        }${maximum}`,
      );
    }
    return 1;
  };
}

function nearInteger(n: number): boolean {
  const difference = Math.abs(n - Math.trunc(n));
  return difference < 1e-9 || 1 - difference < 1e-9;
}

/** Items of an associative list find their old selves by key; those of other lists don't. */
function correlate(
  schema: Schema,
  old: unknown,
): ((item: unknown) => unknown) | undefined {
  if (!Array.isArray(old) || schema["x-kubernetes-list-type"] !== "map") {
    return undefined;
  }
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const keyOf = (item: unknown) =>
    item && typeof item === "object"
      ? canonicalJson(keys.map((k) => (item as Record<string, unknown>)[k]))
      : "";
  const byKey = new Map(old.map((item) => [keyOf(item), item]));
  return (item) => byKey.get(keyOf(item));
}

function compileArray(schema: Schema): Check {
  const items = schema.items ? compile(schema.items) : undefined;
  const { minItems, maxItems, uniqueItems } = schema;
  return (value, old, run) => {
    const list = value as unknown[];
    let count = 1;
    if (items) {
      const find = run.ratchet ? correlate(schema, old) : undefined;
      for (let i = 0; i < list.length; i++) {
        run.path.push(i);
        count += items(list[i], find?.(list[i]), run);
        run.path.pop();
      }
    }
    if (minItems !== undefined && list.length < minItems) {
      const at = joinPath(run.path);
      run.out.push(errors.invalidValue(
        at,
        list.length,
        `${at} in body should have at least ${minItems} items`,
      ));
    }
    if (maxItems !== undefined && list.length > maxItems) {
      run.out.push(errors.tooMany(joinPath(run.path), list.length, maxItems));
    }
    if (uniqueItems && hasDuplicates(list)) {
      const at = joinPath(run.path);
      run.out.push(
        errors.invalidValue(
          at,
          "",
          `${at} in body shouldn't contain duplicates`,
        ),
      );
    }
    return count;
  };
}

function hasDuplicates(list: unknown[]): boolean {
  return new Set(list.map(canonicalJson)).size < list.length;
}

function compileEnum(schema: Schema): Check | undefined {
  const values = schema.enum;
  if (!values?.length) return undefined;
  const scalars = new Set<unknown>(
    values.filter((v) => typeof v !== "object" || v === null),
  );
  const others = values.filter((v) => typeof v === "object" && v !== null);
  return (value, _old, run) => {
    if (
      value !== null && scalars.has(value) ||
      others.some((v) => deepEqual(v, value))
    ) return 0;
    run.out.push(errors.notSupported(joinPath(run.path), value, values));
    return 0;
  };
}

function compileObject(schema: Schema): Check {
  const properties = Object.entries(schema.properties ?? {}).map((
    [name, sub],
  ) => ({ name, check: compile(sub) }));
  const known = new Set(properties.map((p) => p.name));
  const additional = schema.additionalProperties;
  const rest = typeof additional === "object" ? compile(additional) : undefined;
  const { minProperties, maxProperties, required } = schema;
  const limited = minProperties !== undefined || maxProperties !== undefined;
  return (value, old, run) => {
    const object = value as Record<string, unknown>;
    const before = run.ratchet && old && typeof old === "object" &&
        !Array.isArray(old)
      ? old as Record<string, unknown>
      : undefined;
    let count = 0;
    if (limited) {
      const size = Object.keys(object).length;
      if (minProperties !== undefined && size < minProperties) {
        const at = joinPath(run.path);
        run.out.push(errors.invalidValue(
          at,
          size,
          `${at} in body should have at least ${minProperties} properties`,
        ));
      }
      if (maxProperties !== undefined && size > maxProperties) {
        run.out.push(
          errors.tooMany(joinPath(run.path), size, maxProperties),
        );
      }
    }
    if (rest || additional === false) {
      for (const key in object) {
        if (known.has(key) || object[key] === undefined) continue;
        if (rest) {
          run.path.push(key);
          count += rest(object[key], before?.[key], run);
          run.path.pop();
        } else {
          const at = joinPath(run.path);
          run.out.push(errors.invalidValue(
            at,
            key,
            `${at}.${key} in body is a forbidden property`,
          ));
        }
      }
    }
    for (let i = 0; i < properties.length; i++) {
      const { name, check } = properties[i]!;
      const sub = object[name];
      if (sub === undefined) continue;
      run.path.push(name);
      count += check(sub, before?.[name], run);
      run.path.pop();
    }
    if (required) {
      for (const name of required) {
        if (object[name] !== undefined) continue;
        run.path.push(name);
        run.out.push(errors.required(joinPath(run.path)));
        run.path.pop();
      }
    }
    return count;
  };
}

/** allOf, anyOf, oneOf and not. */
function compileAlternatives(schema: Schema): Check | undefined {
  const any = schema.anyOf?.map(compile) ?? [];
  const one = schema.oneOf?.map(compile) ?? [];
  const all = schema.allOf?.map(compile) ?? [];
  const not = schema.not ? compile(schema.not) : undefined;
  if (!any.length && !one.length && !all.length && !not) return undefined;
  const failure = (detail: string) => errors.invalidValue("", "", detail);
  return (value, old, run) => {
    const at = JSON.stringify(joinPath(run.path));
    const attempt = (check: Check) => {
      const part: Run = { path: run.path, out: [], ratchet: run.ratchet };
      const count = check(value, old, part);
      return { count, out: part.out };
    };
    let count = 1;
    if (any.length) {
      let best: { count: number; out: FieldError[] } | undefined;
      let success = false;
      for (const check of any) {
        const result = attempt(check);
        if (!result.out.length) {
          success = true;
          best = result;
          break;
        }
        if (!best || result.count > best.count) best = result;
      }
      if (!success) {
        run.out.push(
          failure(`${at} must validate at least one schema (anyOf)`),
        );
      }
      count += best!.count;
      run.out.push(...best!.out);
    }
    if (one.length) {
      const results = one.map(attempt);
      const valid = results.filter((r) => !r.out.length);
      if (valid.length === 1) count += valid[0]!.count;
      else {
        run.out.push(failure(
          `${at} must validate one and only one schema (oneOf). ${
            valid.length
              ? `Found ${valid.length} valid alternatives`
              : "Found none valid"
          }`,
        ));
        if (!valid.length) {
          const best = results.reduce((a, b) => b.count > a.count ? b : a);
          count += best.count;
          run.out.push(...best.out);
        }
      }
    }
    if (all.length) {
      let valid = 0;
      for (const check of all) {
        const result = attempt(check);
        if (!result.out.length) valid++;
        count += result.count;
        run.out.push(...result.out);
      }
      if (valid !== all.length) {
        run.out.push(failure(
          `${at} must validate all the schemas (allOf)${
            valid ? "" : ". None validated"
          }`,
        ));
      }
    }
    if (not && !attempt(not).out.length) {
      run.out.push(failure(`${at} must not validate the schema (not)`));
    }
    return count;
  };
}

function compile(schema: Schema): Check {
  const type = compileType(schema);
  const alternatives = compileAlternatives(schema);
  const text = compileString(schema);
  const format = compileFormat(schema);
  const number = compileNumber(schema);
  const array = compileArray(schema);
  const choices = compileEnum(schema);
  const object = compileObject(schema);
  return (value, old, run) => {
    if (run.ratchet && old !== undefined && deepEqual(value, old)) return 1;
    if (value === undefined) return 0;
    let count = 0;
    if (type) count += type(value, old, run) + 1;
    if (value === null) {
      choices?.(value, old, run);
      return count;
    }
    count += alternatives ? alternatives(value, old, run) + 1 : 2;
    if (typeof value === "string") {
      count++;
      text?.(value, old, run);
      if (format) {
        count++;
        format(value, old, run);
      }
    } else if (typeof value === "number") count += number(value, old, run) + 1;
    else if (Array.isArray(value)) count += array(value, old, run) + 1;
    choices?.(value, old, run);
    if (typeof value === "object" && !Array.isArray(value)) {
      count += object(value, old, run) + 1;
    }
    return count + 2;
  };
}
