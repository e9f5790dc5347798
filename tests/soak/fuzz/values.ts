/**
 * Values as a careless or hostile client would send them.
 *
 * @module
 */
import type { Choices } from "./choices.ts";

/** A schema with references, as `/openapi/v3` publishes them. */
export type PublishedSchema = { [key: string]: unknown };

const ODD_STRINGS = [
  "",
  " ",
  "\u0000",
  "\uffff",
  "\ud800",
  "é𝒳\u202e",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "true",
  "-1",
  "1e400",
  "9223372036854775808",
  "0x10",
  "a/b",
  "../..",
  "a.b.c",
  ".",
  "-",
  "A_B",
  "*",
  "%",
  "%ff",
  "$patch",
  "${x}",
  "{{.}}",
  "a=b,c!=d",
  "2026-13-45T99:99:99Z",
  "2026-01-02T03:04:05Z",
  "1Gi",
  "-5m",
  "1e1000000000",
  "(a+)+$",
  "[",
  // Keeps regular expressions that backtrack busy.
  "a".repeat(40) + "!",
  "x".repeat(64),
  "x".repeat(254),
  "a.".repeat(130) + "a",
  "x".repeat(5000),
];

const ODD_NUMBERS = [
  0,
  -0,
  -1,
  1,
  1.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  -(2 ** 63),
  1e21,
];

/** A string that code is seldom ready for. */
export function oddString(r: Choices): string {
  return r.pick(ODD_STRINGS);
}

/** A JSON value that does not fit where it stands. */
export function oddValue(r: Choices, depth = 2): unknown {
  return r.weighted<() => unknown>([
    [2, () => null],
    [4, () => oddString(r)],
    [3, () => r.pick(ODD_NUMBERS)],
    [1, () => r.maybe(.5)],
    [2, () => []],
    [2, () => ({})],
    [depth, () => r.times(r.below(4), () => oddValue(r, depth - 1))],
    [
      depth,
      () =>
        Object.fromEntries(
          r.times(r.below(4), () => [oddString(r), oddValue(r, depth - 1)]),
        ),
    ],
  ])();
}

/** `value` wrapped so often that recursion runs out of stack, as text since JSON.stringify would too. */
export function deepText(r: Choices): string {
  const depth = r.pick([50, 499, 501, 2000, 100_000, 400_000]);
  return r.maybe(.5)
    ? "[".repeat(depth) + "]".repeat(depth)
    : '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
}

/** A copy of a JSON value with a few parts replaced, added, removed or repeated. */
export function mutated<T>(r: Choices, value: T, changes = 1 + r.below(3)): T {
  let copy = structuredClone(value) as unknown;
  for (let i = 0; i < changes; i++) copy = mutateOnce(r, copy);
  return copy as T;
}

function mutateOnce(r: Choices, value: unknown): unknown {
  if (value === null || typeof value !== "object" || r.maybe(.1)) {
    return oddValue(r);
  }
  if (Array.isArray(value)) {
    const at = r.below(value.length + 1);
    switch (r.below(4)) {
      case 0:
        return value.toSpliced(at, 1);
      case 1:
        return value.toSpliced(at, 0, oddValue(r));
      case 2:
        return [...value, ...value];
      default:
        return at < value.length
          ? value.with(at, mutateOnce(r, value[at]))
          : value;
    }
  }
  const object = value as Record<string, unknown>;
  const key = r.pick([...Object.keys(object), oddString(r)]);
  switch (r.below(8)) {
    case 0: {
      const { [key]: _, ...rest } = object;
      return rest;
    }
    case 1:
      return { ...object, [oddString(r)]: oddValue(r) };
    case 2:
      return { ...object, [key]: oddValue(r) };
    default:
      return { ...object, [key]: mutateOnce(r, object[key]) };
  }
}

/** Options of {@linkcode valueFor}. */
export interface ValueOptions {
  /** Looks up what a `$ref` names. */
  resolve(reference: string): PublishedSchema | undefined;
  /** Probability that a part is odd instead of what the schema says. */
  oddness: number;
  /** Further levels. */
  depth: number;
}

/** A value by a schema, not always obeying it. */
export function valueFor(
  r: Choices,
  schema: PublishedSchema | undefined,
  options: ValueOptions,
): unknown {
  if (!schema || r.maybe(options.oddness)) return oddValue(r);
  const { $ref, allOf } = schema as {
    $ref?: string;
    allOf?: PublishedSchema[];
  };
  if ($ref) return valueFor(r, options.resolve($ref), options);
  if (allOf?.length === 1 && !schema.properties) {
    return valueFor(r, allOf[0], options);
  }
  if (Array.isArray(schema.enum) && r.maybe(.8)) return r.pick(schema.enum);
  const deeper = { ...options, depth: options.depth - 1 };
  switch (schema.type) {
    case "object":
      return objectFor(r, schema, deeper);
    case "array":
      return options.depth <= 0 ? [] : r.times(
        r.below(4),
        () => valueFor(r, schema.items as PublishedSchema, deeper),
      );
    case "string":
      return stringFor(r, schema);
    case "integer":
      return r.pick([0, 1, 2, 7, 80, 100]);
    case "number":
      return r.pick([0, .5, 1, 3.25]);
    case "boolean":
      return r.maybe(.5);
    default:
      return oddValue(r);
  }
}

function stringFor(r: Choices, { format }: PublishedSchema): string {
  if (format === "date-time") return "2026-01-02T03:04:05Z";
  if (format === "byte") return r.pick(["", "YQ==", "not base64!"]);
  if (format === "duration") return r.pick(["5m", "5 minutes", "0", "soon"]);
  return r.pick([
    "a",
    "b",
    "f1",
    "name",
    "Opaque",
    "v1",
    "a.example.com",
    "a".repeat(40) + "!",
    "10",
  ]);
}

function objectFor(
  r: Choices,
  schema: PublishedSchema,
  options: ValueOptions,
): unknown {
  const { properties = {}, required = [], additionalProperties } = schema as {
    properties?: Record<string, PublishedSchema>;
    required?: string[];
    additionalProperties?: PublishedSchema | boolean;
  };
  const object: Record<string, unknown> = {};
  for (const [key, sub] of Object.entries(properties)) {
    const wanted = required.includes(key) ? .95 : options.depth > 0 ? .35 : .1;
    if (r.maybe(wanted)) object[key] = valueFor(r, sub, options);
  }
  if (additionalProperties && options.depth > 0) {
    const sub = additionalProperties === true
      ? undefined
      : additionalProperties;
    for (let i = r.below(3); i > 0; i--) {
      object[r.maybe(.9) ? r.pick(["a", "b", "x.y/z"]) : oddString(r)] =
        valueFor(r, sub, options);
    }
  }
  return object;
}
