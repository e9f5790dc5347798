import type { z } from "zod";
import { didYouMean } from "./nearest.ts";

/** What a schema finds wrong with a value. */
export interface SchemaProblem {
  path: PropertyKey[];
  /** Whether it is about the field's key rather than its value. */
  about: "key" | "value";
  message: string;
}

type Issue = z.core.$ZodIssue;

/** Validates a value, and says all that is wrong with it, for people. */
export function schemaProblems(
  schema: z.ZodType,
  value: unknown,
): SchemaProblem[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) =>
    explain(issue as Issue, { schema, value, path: [] })
  );
}

interface Context {
  schema: z.ZodType;
  value: unknown;
  /** Of the value that `schema` is of. */
  path: PropertyKey[];
}

function explain(issue: Issue, context: Context): SchemaProblem[] {
  const path = [...context.path, ...issue.path];
  const found = at(context.value, issue.path);
  const problem = (message: string): SchemaProblem[] => [
    // What is not there is said of what it is missing in.
    { path, about: found === undefined ? "key" : "value", message },
  ];
  switch (issue.code) {
    case "unrecognized_keys": {
      const fields = fieldsOf(context.schema, issue.path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        about: "key",
        message: `is not a known field${didYouMean(key, fields)}${
          fields.length && fields.length <= 12 && !didYouMean(key, fields)
            ? `; known are ${fields.join(", ")}`
            : ""
        }`,
      }));
    }
    case "invalid_type":
      if (found === undefined) {
        return problem(`is required: ${article(issue.expected)}`);
      }
      return problem(
        `found ${describe(found)}, expected ${article(issue.expected)}${
          issue.expected === "string" && /^(number|boolean)$/.test(typeof found)
            ? "; put it in quotes"
            : ""
        }`,
      );
    case "invalid_value": {
      if (found === undefined) {
        return problem(`is required: ${choice(issue.values)}`);
      }
      const hint = typeof found === "string"
        ? didYouMean(found, issue.values.map(String))
        : "";
      return problem(
        `found ${describe(found)}, expected ${choice(issue.values)}${hint}`,
      );
    }
    case "invalid_union":
      return explainUnion(issue, context);
    case "too_small":
    case "too_big": {
      const limit = issue.code === "too_small"
        ? `at least ${issue.minimum}`
        : `at most ${issue.maximum}`;
      const unit = issue.origin === "string"
        ? " characters"
        : issue.origin === "array"
        ? " items"
        : "";
      return problem(`found ${describe(found)}, expected ${limit}${unit}`);
    }
    case "invalid_key":
    case "invalid_element":
      return issue.issues.flatMap((inner) =>
        problem(inner.message).map((p) => ({ ...p, about: "key" as const }))
      );
    default:
      return problem(`found ${describe(found)}: ${issue.message}`);
  }
}

/** The problems of the alternative that the value comes closest to. */
function explainUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  context: Context,
): SchemaProblem[] {
  const found = at(context.value, issue.path);
  const path = [...context.path, ...issue.path];
  const ofItself = (issues: readonly Issue[]) =>
    issues.some((i) => i.code === "invalid_type" && i.path.length === 0);
  const errors = issue.errors as Issue[][];
  const near = errors.filter((issues) => !ofItself(issues));
  if (near.length === 0) {
    const expected = errors.flat().flatMap((i) =>
      i.code === "invalid_type" ? [article(i.expected)] : []
    );
    if (found === undefined) {
      return [{ path, about: "key", message: `is required: ${or(expected)}` }];
    }
    return [{
      path,
      about: "value",
      message: `found ${describe(found)}, expected ${or(expected)}`,
    }];
  }
  const least = near.reduce((a, b) => b.length < a.length ? b : a);
  const index = errors.indexOf(least);
  const union = unwrap(schemaAt(context.schema, issue.path));
  const options = (union?.def as { options?: z.ZodType[] })?.options ?? [];
  return least.flatMap((inner) =>
    explain(inner, {
      schema: options[index] ?? context.schema,
      value: found,
      path,
    })
  );
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

type AnySchema = z.ZodType & {
  def: {
    type: string;
    innerType?: AnySchema;
    element?: AnySchema;
    valueType?: AnySchema;
    shape?: Record<string, AnySchema>;
    options?: AnySchema[];
  };
};

function unwrap(schema: z.ZodType | undefined): AnySchema | undefined {
  let inner = schema as AnySchema | undefined;
  while (inner?.def.innerType) inner = inner.def.innerType;
  return inner;
}

/** The schema of a field. */
function schemaAt(
  schema: z.ZodType,
  path: readonly PropertyKey[],
): AnySchema | undefined {
  let current = unwrap(schema);
  for (const part of path) {
    const def: AnySchema["def"] | undefined = current?.def;
    current = unwrap(
      def?.shape?.[String(part)] ?? def?.element ?? def?.valueType,
    );
  }
  return current;
}

function fieldsOf(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return Object.keys(schemaAt(schema, path)?.def.shape ?? {});
}

const NAMES: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

function article(type: string): string {
  return NAMES[type] ?? type;
}

function or(items: string[]): string {
  const unique = [...new Set(items)];
  const last = unique.pop() ?? "something else";
  return unique.length ? `${unique.join(", ")} or ${last}` : last;
}

function choice(values: readonly unknown[]): string {
  return or(values.map((value) => JSON.stringify(value)));
}

/** A value, short, for an error. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") {
    return value.length > 60
      ? `a string of ${value.length} characters`
      : JSON.stringify(value);
  }
  return `${typeof value === "number" ? "the number" : "the"} ${value}`
    .replace(/^the (true|false)$/, "$1");
}
