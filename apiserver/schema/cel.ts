import {
  type Environment,
  Optional,
  ParseError,
  type ParseResult,
} from "@marcbachmann/cel-js";
import type { FieldError, Schema, ValidationRule } from "../types.ts";
import type { Node } from "./cel_estimate.ts";
import { MATCHES, withLinearMatches } from "./cel_matches.ts";
import {
  CostLimitExceeded,
  metered,
  OBJECT_LIMIT,
  weight,
  withCharges,
} from "./cel_meter.ts";
import { compileConvert, type Convert, setConverted } from "./cel_value.ts";
import { kubernetesEnvironment } from "./cel_library.ts";
import { CelSourceError, withKnownMacros } from "./cel_macros.ts";
import { deepEqual } from "./deep_equal.ts";
import {
  canonicalJson,
  duplicate,
  forbiddenField,
  invalidValue,
  OMIT,
  required,
} from "./field_error.ts";
import { joinPath } from "./prune.ts";

/** An expression made ready to run. */
interface Runnable {
  evaluate: ParseResult;
  /** What evaluating it costs beside its loops. */
  base: number;
}

interface Program {
  rule: ValidationRule;
  run?: Runnable;
  message?: Runnable;
  /** Why the rule cannot run. */
  wrong?: string;
  transition: boolean;
  /** The parsed rule. */
  ast?: Node;
}

/** Whether an expression names `oldSelf`. */
function usesOldSelf(node: unknown): boolean {
  if (!node || typeof node !== "object") return false;
  if (Array.isArray(node)) return node.some(usesOldSelf);
  const { op, args } = node as { op?: string; args?: unknown };
  if (op === "id") return args === "oldSelf";
  return op !== undefined && usesOldSelf(args);
}

/** Why an expression that answers something else is no rule. */
export const NO_BOOL = "cel expression must evaluate to a bool";
/** Why it is no message. */
export const NO_STRING = "messageExpression must evaluate to a string";

function environmentOf(rule: ValidationRule, schema: Schema): Environment {
  return kubernetesEnvironment({
    optionalOldSelf: rule.optionalOldSelf,
    // Of other types, values are only known when they are there.
    text: schema.type === "string" && !schema.format,
  });
}

/** The `messageExpression` of `rule`, parsed, or why it cannot be one; `schema` is that of `self`. */
export function compileMessage(
  rule: ValidationRule,
  schema: Schema,
): { ast?: Node; wrong?: string } {
  const source = rule.messageExpression!;
  const failed = (why: string) => ({
    wrong: `messageExpression compilation failed: ${why}`,
  });
  try {
    const { ast, parsed } = parse(environmentOf(rule, schema), source);
    const { valid, error, type } = parsed.check();
    if (!valid) return failed(firstLine(error));
    return type === "string" || type === "dyn" ? { ast } : { wrong: NO_STRING };
  } catch (error) {
    return failed(problemOf(source, error));
  }
}

/** An expression as it is written, and as the library takes it. */
interface Parsed {
  ast: Node;
  text: string;
  parsed: ParseResult;
}

function parse(env: Environment, source: string): Parsed {
  const written = env.parse(source);
  const ast = written.ast as Node;
  const text = withKnownMacros(source, ast);
  return { ast, text, parsed: text === source ? written : env.parse(text) };
}

/** Why an expression cannot be compiled. */
function problemOf(source: string, error: unknown): string {
  if (error instanceof CelSourceError) {
    return compileError(source, { text: error.message, at: error.at });
  }
  if (!(error instanceof ParseError)) return firstLine(error);
  const text = `Syntax error: ${firstLine(error)}`;
  return compileError(source, { text, at: error.range?.start ?? 0 });
}

/** The expressions of `rule`, parsed; `schema` is that of `self`. */
export function compileRule(rule: ValidationRule, schema: Schema): Program {
  const env = environmentOf(rule, schema);
  try {
    const { ast, text, parsed } = parse(env, rule.rule);
    const checked = parsed.check();
    const wrong = !checked.valid
      ? firstLine(checked.error)
      : checked.type !== "bool" && checked.type !== "dyn"
      ? NO_BOOL
      : undefined;
    if (wrong !== undefined) return { rule, wrong, transition: false };
    return {
      rule,
      run: runnable(env, { text, parsed }),
      ast,
      message: rule.messageExpression?.trim()
        ? messageOf(env, rule.messageExpression)
        : undefined,
      transition: usesOldSelf(ast),
    };
  } catch (error) {
    return { rule, wrong: problemOf(rule.rule, error), transition: false };
  }
}

/** Nothing where it does not parse: the plain message then stands in. */
function messageOf(env: Environment, source: string): Runnable | undefined {
  try {
    return runnable(env, parse(env, source));
  } catch {
    return undefined;
  }
}

function runnable(
  env: Environment,
  { text, parsed }: Omit<Parsed, "ast">,
): Runnable {
  const base = weight(parsed.ast);
  const rewrites = [withLinearMatches, withCharges];
  return { evaluate: rewritten(env, text, rewrites), base };
}

/** An expression, parsed after each of the rewrites that leaves it valid. */
function rewritten(
  env: Environment,
  source: string,
  rewrites: ((source: string, ast: Node) => string)[],
): ParseResult {
  let parsed = env.parse(source);
  for (const rewrite of rewrites) {
    const text = rewrite(source, parsed.ast as Node);
    if (text === source) continue;
    try {
      const next = env.parse(text);
      if (!next.check().valid) continue;
      parsed = next;
      source = text;
    } catch { /* as it was */ }
  }
  return parsed;
}

/** A problem with an expression, pointed at as cel-go does. */
export function compileError(
  expression: string,
  { text, at }: { text: string; at: number },
): string {
  const lines = expression.slice(0, at).split("\n");
  const column = lines[lines.length - 1]!.length;
  const line = expression.split("\n")[lines.length - 1]!;
  return `ERROR: <input>:${lines.length}:${
    column + 1
  }: ${text}\n | ${line}\n | ${".".repeat(column)}^`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error))
    .split("\n", 1)[0]!;
}

interface Run {
  path: (string | number)[];
  out: FieldError[];
  /** What rules may still cost; below zero none runs any more. */
  budget: number;
  update: boolean;
}

/** `old` is the value before, where it can be told which one that is; `unchanged` says that nothing around changed. */
type Check = (
  value: unknown,
  old: unknown,
  unchanged: (() => boolean) | undefined,
  run: Run,
) => void;

/** Checks an object against the `x-kubernetes-validations` of `schema`; undefined where it has none. */
export function compileRules(
  schema: Schema,
): ((object: unknown, old?: unknown) => FieldError[]) | undefined {
  const check = compile(schema, { root: true });
  if (!check) return undefined;
  return (object, old) => {
    const run: Run = {
      path: [],
      out: [],
      budget: OBJECT_LIMIT,
      update: old !== undefined,
    };
    check(object, old, undefined, run);
    return run.out;
  };
}

function failure(
  program: Program,
  { path, value, type, detail }: {
    path: string;
    value: unknown;
    type: string;
    detail: string;
  },
): FieldError {
  const { reason, fieldPath } = program.rule;
  const suffix = fieldPath
    ? fieldPath.startsWith(".") && !path ? fieldPath.slice(1) : fieldPath
    : "";
  const field = path + suffix;
  const shown = type === "object" || type === "array" ? OMIT : value;
  switch (reason) {
    case "FieldValueForbidden":
      return forbiddenField(field, detail);
    case "FieldValueRequired":
      return required(field, detail);
    case "FieldValueDuplicate":
      return duplicate(field, shown);
    default:
      return invalidValue(field, shown, detail);
  }
}

const OUT_OF_BUDGET =
  "validation failed due to running out of cost budget, no further validation rules will be run";

const MESSAGE_OUT_OF_BUDGET =
  "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run";

function evaluateRule(
  program: Program,
  { variables, value, type, path, run, unchanged }: {
    variables: Record<string, unknown>;
    value: unknown;
    type: string;
    path: string;
    run: Run;
    unchanged?: () => boolean;
  },
): FieldError | undefined {
  const { rule } = program;
  const shown = rule.message?.trim() || rule.rule.trim();
  const { value: result, error, cost } = runMetered(program.run!, variables);
  run.budget -= cost;
  if (run.budget < 0) return invalidValue(path, type, OUT_OF_BUDGET);
  if (isOverLimit(error)) {
    run.budget = -1;
    return invalidValue(
      path,
      type,
      `'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`,
    );
  }
  if (error !== undefined) {
    const text = firstLine(error).replace(/^No such key/, "no such key")
      .replaceAll(MATCHES, "matches");
    return invalidValue(path, type, `${text} evaluating rule: ${shown}`);
  }
  if (result === true) return undefined;
  // What an update leaves as it was is not held against it; a rule that cannot be evaluated is, as in kube-apiserver.
  if (!program.transition && unchanged?.()) return undefined;
  let detail = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
  if (program.message) {
    const { value: text, error, cost } = runMetered(program.message, variables);
    run.budget -= cost;
    if (run.budget < 0) return invalidValue(path, type, MESSAGE_OUT_OF_BUDGET);
    if (isOverLimit(error)) {
      run.budget = -1;
      return invalidValue(
        path,
        type,
        `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${
          JSON.stringify(rule.messageExpression)
        }`,
      );
    }
    // As on kube-apiserver, the plain message stands in where there is none.
    if (typeof text === "string" && isMessage(text.trim())) {
      detail = text.trim();
    }
  }
  return failure(program, { path, value, type, detail });
}

function runMetered(
  { evaluate, base }: Runnable,
  variables: Record<string, unknown>,
) {
  return metered<unknown>(base, () => evaluate(variables));
}

/** Bytes of the longest message that an expression may make. */
const MAX_MESSAGE = 5 * 1024;

function isMessage(text: string): boolean {
  return text !== "" && !text.includes("\n") &&
    new TextEncoder().encode(text).length <= MAX_MESSAGE;
}

/** The library wraps what functions throw. */
function isOverLimit(error: unknown): boolean {
  return error instanceof CostLimitExceeded ||
    (error instanceof Error && isOverLimit(error.cause));
}

function compileOwn(
  schema: Schema,
  root: boolean,
): Check | undefined {
  const rules = schema["x-kubernetes-validations"] ?? [];
  if (!rules.length) return undefined;
  const programs = rules.map((rule) => compileRule(rule, schema));
  const base = kubernetesEnvironment();
  const convert: Convert = compileConvert(schema, base) ?? ((v) => v);
  const toCel = root
    // Of metadata, rules see the names only.
    ? (value: unknown) => {
      const object = value as Record<string, unknown>;
      const meta = object.metadata as Record<string, unknown> | undefined;
      const metadata = Object.fromEntries(
        ["name", "generateName"].filter((k) => meta?.[k] !== undefined)
          .map((k) => [k, meta![k]]),
      );
      return {
        ...convert({ ...object, metadata: undefined }) as object,
        metadata,
      };
    }
    : convert;
  const type = schema.type ?? "";
  return (value, old, unchanged, run) => {
    const path = joinPath(run.path);
    const self = toCel(value);
    const before = old === undefined || old === null ? undefined : toCel(old);
    for (const program of programs) {
      if (program.wrong !== undefined) {
        run.out.push(
          invalidValue(path, type, `rule compile error: ${program.wrong}`),
        );
        continue;
      }
      const optional = program.rule.optionalOldSelf === true;
      if (program.transition && before === undefined && !optional) continue;
      if (run.budget < 0) return;
      const oldSelf = optional
        ? before === undefined ? Optional.none() : Optional.of(before)
        : before;
      const variables: Record<string, unknown> = {};
      setConverted(variables, "self", self);
      if (oldSelf !== undefined) setConverted(variables, "oldSelf", oldSelf);
      const problem = evaluateRule(program, {
        variables,
        value,
        type,
        path,
        run,
        unchanged,
      });
      if (problem) run.out.push(problem);
    }
  };
}

function once(test: () => boolean): () => boolean {
  let known: boolean | undefined;
  return () => known ??= test();
}

function compile(
  schema: Schema,
  { root }: { root: boolean },
): Check | undefined {
  const own = [
    compileOwn(schema, root),
    ...(schema.allOf ?? []).map((sub) => compileOwn(sub, false)),
  ].filter((c) => c !== undefined);
  const items = schema.items
    ? compile(schema.items, { root: false })
    : undefined;
  const properties: [string, Check][] = [];
  for (const [name, sub] of Object.entries(schema.properties ?? {})) {
    const check = compile(sub, { root: false });
    if (check) properties.push([name, check]);
  }
  const rest = typeof schema.additionalProperties === "object"
    ? compile(schema.additionalProperties, { root: false })
    : undefined;
  if (!own.length && !items && !properties.length && !rest) return undefined;
  const keys = schema["x-kubernetes-list-type"] === "map"
    ? schema["x-kubernetes-list-map-keys"] ?? []
    : undefined;
  const keyOf = (item: unknown) =>
    canonicalJson(keys!.map((k) => (item as Record<string, unknown>)?.[k]));

  return (value, old, unchanged, run) => {
    if (value === null || value === undefined) return;
    const same = old !== undefined
      ? once(() => deepEqual(value, old))
      : unchanged;
    for (const check of own) check(value, old, same, run);
    if (typeof value !== "object") return;
    const descend = (
      check: Check,
      part: string | number,
      oldPart: unknown,
    ) => {
      run.path.push(part);
      const sub = (value as Record<string | number, unknown>)[part];
      check(sub, oldPart, same, run);
      run.path.pop();
    };
    if (Array.isArray(value)) {
      if (!items) return;
      const byKey = keys && Array.isArray(old)
        ? new Map(old.map((item) => [keyOf(item), item]))
        : undefined;
      value.forEach((item, i) => descend(items, i, byKey?.get(keyOf(item))));
      return;
    }
    const before = old && typeof old === "object" && !Array.isArray(old)
      ? old as Record<string, unknown>
      : undefined;
    for (const [name, check] of properties) {
      descend(check, name, before?.[name]);
    }
    if (!rest) return;
    for (const key in value) {
      if (!schema.properties?.[key]) descend(rest, key, before?.[key]);
    }
  };
}
