/**
 * Schemas of custom resources: structural ones, and wild ones that break every rule.
 *
 * @module
 */
import type { Choices } from "./choices.ts";
import { oddString, oddValue, type PublishedSchema } from "./values.ts";

const RULES = [
  "self.a > 0",
  "has(self.a) && self.a < 10",
  "self == oldSelf",
  "self.all(x, x != '')",
  "self.exists_one(x, x == 1)",
  "self.map(x, x * 2).size() < 10",
  "size(self) < 5",
  "self.matches('^(a+)+$')",
  "self.matches('[')",
  "self.startsWith('a') || self.endsWith('b')",
  "self.spec.a == self.status.a",
  "quantity(self).isGreaterThan(quantity('1Gi'))",
  "isIP(self) && ip(self).family() == 4",
  "cidr('10.0.0.0/8').containsIP(self)",
  "url(self).getHost() == 'a'",
  "duration(self) > duration('1h')",
  "timestamp(self).getFullYear() > 2000",
  "self.b.c.d.e",
  "1 / self.a == 1",
  "self[0] == self[1]",
  "self['x'] == 'y'",
  "int(self) + 9223372036854775807 > 0",
  "self.all(x, self.all(y, self.all(z, x == y && y == z)))",
  "[1,2,3].map(x, [1,2,3].map(y, x * y)).size() == 3",
  "'x'.repeat(1000000)",
  "string(self).lowerAscii().split(',').join('-') != ''",
  "self.format('%s')",
  "optional.of(self).orValue('x') == 'x'",
  "self.?a.orValue(1) == 1",
  "oldSelf.hasValue() ? oldSelf.value() == self : true",
  "true",
  "",
  "(((((((((",
  "self.",
  "__import__('os')",
  "type(self) == int",
  "dyn(self) == 1",
  "self.isSorted() && self.sum() == 3 && self.indexOf(1) == 0",
  "sets.contains(self, [1])",
  "semver(self).major() == 1",
  "{'a': 1}[self] == 1",
  "self in ['a','b']",
];

/** Rules that compile for any type. */
const SAFE_RULES = [
  "true",
  "self == oldSelf",
  "self == self",
  "[1, 2, 3].map(x, [1, 2, 3].map(y, x * y)).size() == 3",
  "type(self) == type(self)",
];

/** How a definition is made. */
export interface Making {
  r: Choices;
  /** With parts that are refused. */
  wild: boolean;
}

/** What may be chosen: the good ones, and where it is wild the others too. */
export function choose<T>({ r, wild }: Making, good: T[], bad: T[]): T {
  return r.pick(wild ? [...good, ...bad] : good);
}

/** A field with a probability, else nothing. */
export function maybe(
  { r }: Making,
  probability: number,
  [key, make]: [key: string, make: () => unknown],
): Record<string, unknown> {
  return r.maybe(probability) ? { [key]: make() } : {};
}

/** A CEL rule. */
export function someRule(m: Making): string {
  return choose(m, SAFE_RULES, RULES);
}

/** A schema; structural unless it is wild. */
export function someSchema(m: Making, depth: number): PublishedSchema {
  const { r, wild } = m;
  if (wild && r.maybe(.015)) return oddValue(r) as PublishedSchema;
  const schema = r.weighted<() => PublishedSchema>([
    [depth * 2, () => objectSchema(m, depth)],
    [depth, () => arraySchema(m, depth)],
    [3, () => stringSchema(m)],
    [3, () => numberSchema(m)],
    [1, () => ({ type: "boolean" })],
    [1, () => ({ "x-kubernetes-int-or-string": true })],
    [1, () => ({
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      ...maybe(m, .3, ["x-kubernetes-embedded-resource", () => true]),
    })],
    [wild ? .2 : 0, () => ({ type: oddString(r) })],
  ])();
  return {
    ...schema,
    ...maybe(m, .1, ["nullable", () => true]),
    ...maybe(m, .15, [
      "x-kubernetes-validations",
      () => r.times(1 + r.below(2), () => validation(m)),
    ]),
    ...wild ? oddities(m, schema, depth) : {},
  };
}

function oddities(
  m: Making,
  schema: PublishedSchema,
  depth: number,
): PublishedSchema {
  const { r } = m;
  return {
    ...maybe(m, .12, [
      "default",
      () => r.maybe(.6) ? plain(r, schema) : oddValue(r),
    ]),
    ...maybe(m, .08, [
      r.pick(["allOf", "anyOf", "oneOf"]),
      () =>
        r.times(
          r.below(3),
          () => r.maybe(.5) ? { required: ["a"] } : someSchema(m, depth - 1),
        ),
    ]),
    ...maybe(m, .03, ["not", () => ({ required: ["b"] })]),
    ...maybe(m, .02, [oddString(r), () => oddValue(r)]),
  };
}

function validation(m: Making): PublishedSchema {
  const { r, wild } = m;
  return {
    rule: someRule(m),
    ...maybe(m, .3, ["message", () => "must be so"]),
    ...maybe(m, .1, ["reason", () => choose(m, ["FieldValueInvalid"], ["x"])]),
    ...wild
      ? {
        ...maybe(m, .15, ["messageExpression", () => r.pick(RULES)]),
        ...maybe(m, .1, ["fieldPath", () => r.pick([".a", ".a.b", "[", ""])]),
        ...maybe(m, .1, ["optionalOldSelf", () => r.maybe(.5)]),
      }
      : {},
  };
}

function stringSchema(m: Making): PublishedSchema {
  const formats = ["date-time", "byte", "ipv4", "uuid", "email", "duration"];
  const { r } = m;
  return {
    type: "string",
    ...maybe(m, .1, [
      "pattern",
      () => choose(m, ["^a", "(a+)+$", "\\p{L}"], ["["]),
    ]),
    ...maybe(m, .2, ["maxLength", () => r.pick([0, 3, 100])]),
    ...maybe(m, .15, ["format", () => r.pick([...formats, "x"])]),
    ...maybe(m, .1, ["enum", () => ["a", "b"]]),
  };
}

function numberSchema(m: Making): PublishedSchema {
  const { r } = m;
  return {
    type: r.pick(["integer", "number"]),
    ...maybe(m, .2, ["minimum", () => r.pick([0, -1, 1e300])]),
    ...maybe(m, .1, ["multipleOf", () => choose(m, [2, .1], [0, -1])]),
    ...maybe(m, .1, ["format", () => r.pick(["int32", "int64", "double"])]),
  };
}

function plain(r: Choices, { type }: PublishedSchema): unknown {
  const values: Record<string, unknown> = {
    string: "a",
    integer: 1,
    number: 1.5,
    boolean: true,
    array: [],
    object: {},
  };
  // An odd type may be a name that every object has, such as constructor.
  const name = String(type);
  return Object.hasOwn(values, name) ? values[name] : oddValue(r);
}

/** A schema of objects. */
export function objectSchema(m: Making, depth: number): PublishedSchema {
  const { r } = m;
  if (r.maybe(.25)) {
    return {
      type: "object",
      additionalProperties: someSchema(m, depth - 1),
      ...maybe(m, .2, ["maxProperties", () => r.below(4)]),
    };
  }
  const odd = ["x-y", "$ref", "metadata", "__proto__"];
  return {
    type: "object",
    properties: Object.fromEntries(
      r.times(1 + r.below(4), () => [
        r.maybe(.9) ? r.pick(["a", "b", "c"]) : choose(m, ["x-y"], odd),
        someSchema(m, depth - 1),
      ]),
    ),
    ...maybe(m, .2, ["required", () => [choose(m, ["a", "b"], odd)]]),
    ...maybe(m, .1, [
      "x-kubernetes-map-type",
      () => r.pick(["atomic", "granular"]),
    ]),
    ...maybe(m, .1, ["x-kubernetes-preserve-unknown-fields", () => true]),
  };
}

function arraySchema(m: Making, depth: number): PublishedSchema {
  const { r } = m;
  const bounded = maybe(m, .3, ["maxItems", () => r.pick([0, 2, 10, 1e9])]);
  if (r.maybe(.4)) {
    return {
      type: "array",
      items: {
        type: "object",
        required: ["a"],
        properties: { a: { type: "string" }, b: someSchema(m, depth - 2) },
      },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [choose(m, ["a"], ["b", "", "__proto__"])],
      ...bounded,
    };
  }
  return {
    type: "array",
    items: someSchema(m, depth - 1),
    ...maybe(m, .3, [
      "x-kubernetes-list-type",
      () => choose(m, ["atomic"], ["set", "map", "x"]),
    ]),
    ...bounded,
  };
}
