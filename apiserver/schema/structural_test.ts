import assert from "node:assert/strict";
import type { Schema, ValidationRule } from "../types.ts";
import { validateStructural } from "./structural.ts";

function check(schema: Schema): string[] {
  return validateStructural(schema, "schema").map((e) =>
    `${e.field}: ${e.message}`
  );
}

Deno.test("a structural schema passes", () => {
  assert.deepEqual(
    check({
      type: "object",
      properties: {
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: { type: "object" },
        spec: {
          type: "object",
          properties: {
            port: {
              "x-kubernetes-int-or-string": true,
              anyOf: [{ type: "integer" }, { type: "string" }],
            },
            free: { "x-kubernetes-preserve-unknown-fields": true },
            a: { type: "string" },
          },
          anyOf: [{ required: ["a"] }, { properties: { a: { minLength: 1 } } }],
          "x-kubernetes-validations": [{ rule: "has(self.a)" }],
        },
      },
    }),
    [],
  );
});

Deno.test("what is not structural is named with its path", () => {
  assert.deepEqual(
    check({
      type: "object",
      anyOf: [{ properties: { spec: { properties: { b: { minimum: 1 } } } } }],
      properties: {
        untyped: {},
        list: { type: "array" },
        spec: {
          type: "object",
          anyOf: [{ type: "object" }],
        },
        metadata: {
          type: "object",
          properties: { labels: { type: "object" } },
        },
      },
    }),
    [
      "schema.properties[list].items: Required value: must be specified",
      "schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
      "schema.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural",
      "schema.properties[spec].properties[b]: Required value: because it is defined in schema.anyOf[0].properties[spec].properties[b]",
      "schema.properties[untyped].type: Required value: must not be empty for specified object fields",
    ],
  );
});

Deno.test("list-maps must have scalar keys that are always there", () => {
  assert.deepEqual(
    check({
      type: "object",
      properties: {
        list: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name", "gone"],
          items: {
            type: "object",
            properties: { name: { type: "string" } },
          },
        },
      },
    }),
    [
      'schema.properties[list].x-kubernetes-list-map-keys: Invalid value: ["name","gone"]: entries must all be names of item properties',
      "schema.properties[list].items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
    ],
  );
});

Deno.test("defaults must fit their schema and rules must compile", () => {
  assert.deepEqual(
    check({
      type: "object",
      properties: {
        a: { type: "integer", default: "x" },
        b: {
          type: "string",
          "x-kubernetes-validations": [{ rule: "self +" }, { rule: " " }],
        },
      },
    }),
    [
      'schema.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"',
      'schema.properties[b].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self +","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:7: Syntax error: Unexpected token: EOF\n | self +\n | ......^',
      "schema.properties[b].x-kubernetes-validations[1].rule: Required value: rule is not specified",
    ],
  );
});

Deno.test("a rule answers a bool, its message a string, and an optional oldSelf is used", () => {
  const one = (rule: ValidationRule) =>
    check({
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: { a: { type: "string", maxLength: 9 } },
          "x-kubernetes-validations": [rule],
        },
      },
    }).join("\n");
  assert.match(one({ rule: "self.a" }), /\.rule: .* must evaluate to a bool$/);
  const wrong: [string, RegExp][] = [
    ["1", /\.messageExpression: .* must evaluate to a string$/],
    ["[self.a]", /\.messageExpression: .* must evaluate to a string$/],
    ["self.b", /messageExpression compilation failed: .* undefined field 'b'/],
    ["'a' +", /messageExpression compilation failed: .*Syntax error/],
    ["  ", /messageExpression must be non-empty if specified/],
  ];
  for (const [messageExpression, expected] of wrong) {
    assert.match(one({ rule: "true", messageExpression }), expected);
  }
  assert.equal(one({ rule: "true", messageExpression: "'no ' + self.a" }), "");
  assert.match(
    one({ rule: "true", optionalOldSelf: true }),
    /optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used/,
  );
});

Deno.test("a rule compares with oldSelf only what can be found in the object before", () => {
  const item: Schema = {
    type: "object",
    required: ["a"],
    properties: { a: { type: "string", maxLength: 9 } },
    "x-kubernetes-validations": [{ rule: "self.a == oldSelf.a" }],
  };
  const within = (list: Schema) =>
    check({
      type: "object",
      properties: { spec: { maxItems: 3, maxProperties: 3, ...list } },
    });
  const refused = [
    "schema.properties[spec]",
    "oldSelf cannot be used on the uncorrelatable portion of the schema within schema.properties[spec]",
  ];
  const atomic: Schema[] = [
    { type: "array", items: item },
    { type: "array", "x-kubernetes-list-type": "atomic", items: item },
  ];
  for (const schema of atomic) {
    const [problem = "", ...others] = within(schema);
    assert.deepEqual(others, []);
    for (const text of refused) assert.ok(problem.includes(text), problem);
  }
  const known: Schema[] = [
    {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["a"],
      items: item,
    },
    { type: "object", additionalProperties: item },
    { type: "object", "x-kubernetes-map-type": "atomic", properties: { item } },
  ];
  for (const schema of known) assert.deepEqual(within(schema), []);
});

Deno.test("what JSON Schema has and definitions may not use is refused wherever it stands", () => {
  const errors = (sub: Record<string, unknown>) =>
    check({ type: "object", properties: { a: sub as Schema } });
  const not = (field: string, at = field) => [
    `schema.properties[a].${at}: Forbidden: ${field} is not supported`,
  ];
  const text = { type: "string" };
  const cases: [Record<string, unknown>, string[]][] = [
    [{ ...text, id: "x" }, not("id")],
    [{ ...text, $ref: "#/x" }, not("$ref")],
    [{ ...text, definitions: { x: text } }, not("definitions")],
    [{ ...text, patternProperties: { x: text } }, not("patternProperties")],
    [{ ...text, dependencies: {} }, not("dependencies")],
    [
      { type: "array", items: text, additionalItems: false },
      not("additionalItems"),
    ],
    [{ type: "array", items: { ...text, id: "x" } }, not("id", "items.id")],
    [
      { type: "object", additionalProperties: { ...text, id: "x" } },
      not("id", "additionalProperties.id"),
    ],
    [{ ...text, not: { $ref: "x" } }, not("$ref", "not.$ref")],
    [{ ...text, anyOf: [{ id: "x" }] }, not("id", "anyOf[0].id")],
    // Neither its default nor its rules are looked at then.
    [{ ...text, id: "x", default: 1 }, not("id")],
    [{ ...text, $schema: "x" }, [
      `schema: Invalid value: "": OpenAPIV3Schema 'schema' is not supported`,
    ]],
    [{ ...text, definitions: {}, patternProperties: {} }, []],
  ];
  for (const [sub, expected] of cases) {
    assert.deepEqual(errors(sub), expected, JSON.stringify(sub));
  }
});

Deno.test("a schema has either properties or additionalProperties that say something", () => {
  const errors = (additionalProperties: boolean | Schema) =>
    check({
      type: "object",
      properties: {
        a: {
          type: "object",
          properties: { b: { type: "string" } },
          additionalProperties,
        },
      },
    });
  assert.deepEqual(errors(true), []);
  for (const one of [false, { type: "string" } satisfies Schema]) {
    assert.deepEqual(errors(one), [
      "schema.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
    ]);
  }
  assert.deepEqual(check({ type: "object", nullable: true }), [
    "schema.nullable: Forbidden: nullable cannot be true at the root",
  ]);
});
