import assert from "node:assert/strict";
import { compileSchema } from "./mod.ts";
import type { FieldError, Schema } from "../types.ts";

function ofSpec(properties: Record<string, Schema>): Schema {
  return {
    type: "object",
    properties: { spec: { type: "object", properties } },
  };
}

/** Problems as kubectl shows them. */
function problems(errors: FieldError[]): string[] {
  return errors.map((e) => `${e.field}: ${e.message}`);
}

function check(schema: Schema, spec: unknown, old?: unknown): string[] {
  return problems(
    compileSchema(schema).validate(
      { spec },
      old === undefined ? undefined : { spec: old },
    ),
  );
}

Deno.test("validate() words problems as kube-apiserver does", () => {
  const cases: [Schema, unknown, string[]][] = [
    [{ type: "integer" }, "s", [
      'spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"',
    ]],
    [{ type: "integer", format: "int32" }, 1.5, [
      'spec.x: Invalid value: "float64": spec.x in body must be of type int32: "float64"',
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x',
    ]],
    [{ type: "integer", format: "int32" }, 9999999999, [
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x',
    ]],
    [{ type: "string", format: "date-time" }, "yesterday", [
      'spec.x: Invalid value: "yesterday": spec.x in body must be of type date-time: "yesterday"',
    ]],
    [{ type: "string", format: "date-time" }, 5, [
      'spec.x: Invalid value: "int64": spec.x in body must be of type date-time: "int64"',
    ]],
    [{ type: "string" }, null, [
      'spec.x: Invalid value: "null": spec.x in body must be of type string: "null"',
    ]],
    [{ type: "string", nullable: true }, null, []],
    [{ "x-kubernetes-int-or-string": true }, true, [
      'spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
    ]],
    [{ type: "string", enum: ["a", "b"] }, "c", [
      'spec.x: Unsupported value: "c": supported values: "a", "b"',
    ]],
    [{ type: "string", maxLength: 3 }, "wörld", [
      "spec.x: Too long: may not be more than 3 bytes",
    ]],
    [{ type: "string", minLength: 2 }, "b", [
      'spec.x: Invalid value: "b": spec.x in body should be at least 2 chars long',
    ]],
    [{ type: "string", pattern: "^a+$" }, 'a"<ü', [
      `spec.x: Invalid value: "a\\"<ü": spec.x in body should match '^a+$'`,
    ]],
    [{ type: "integer", minimum: 1 }, 0, [
      "spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1",
    ]],
    [{ type: "integer", maximum: 1, exclusiveMaximum: true }, 1, [
      "spec.x: Invalid value: 1: spec.x in body should be less than 1",
    ]],
    [{ type: "number", multipleOf: 0.5 }, 0.3, [
      "spec.x: Invalid value: 0.3: spec.x in body should be a multiple of 0.5",
    ]],
    [{ type: "array", items: { type: "integer" }, maxItems: 1 }, [1, "2"], [
      'spec.x[1]: Invalid value: "string": spec.x[1] in body must be of type integer: "string"',
      "spec.x: Too many: 2: must have at most 1 item",
    ]],
    [{ type: "array", items: { type: "integer" }, minItems: 1 }, [], [
      "spec.x: Invalid value: 0: spec.x in body should have at least 1 items",
    ]],
    [{ type: "object", required: ["a"], properties: {} }, {}, [
      "spec.x.a: Required value",
    ]],
    [
      {
        type: "object",
        additionalProperties: { type: "integer" },
        maxProperties: 1,
      },
      { a: 1, b: "s" },
      [
        "spec.x: Too many: 2: must have at most 1 item",
        'spec.x.b: Invalid value: "string": spec.x.b in body must be of type integer: "string"',
      ],
    ],
    [
      { type: "object", anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      {},
      [
        '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)',
        "spec.x.a: Required value",
      ],
    ],
    [
      { type: "integer", oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      [
        '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
    ],
    [{ type: "string", not: { enum: ["a"] } }, "a", [
      '<nil>: Invalid value: "": "spec.x" must not validate the schema (not)',
    ]],
  ];
  for (const [schema, value, expected] of cases) {
    assert.deepEqual(check(ofSpec({ x: schema }), { x: value }), expected);
  }
});

Deno.test("validate() finds items of sets and keys of maps that stand twice", () => {
  const schema = ofSpec({
    set: {
      type: "array",
      items: { type: "string" },
      "x-kubernetes-list-type": "set",
    },
    map: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name", "protocol"],
      items: {
        type: "object",
        properties: {
          name: { type: "string" },
          protocol: { type: "string", default: "TCP" },
        },
      },
    },
  });
  const spec = {
    set: ["a", "b", "a", "a"],
    map: [
      { name: "a", protocol: "TCP" },
      { name: "a", protocol: "UDP" },
      { protocol: "TCP", name: "a" },
    ],
  };
  const expected = [
    'spec.set[2]: Duplicate value: "a"',
    'spec.map[2]: Duplicate value: {"name":"a","protocol":"TCP"}',
  ];
  assert.deepEqual(check(schema, spec), expected);
  assert.deepEqual(
    check(schema, { ...spec, more: 1 }, spec),
    [],
    "an update may keep duplicates that are there",
  );
});

Deno.test("validate() forgives an update what it leaves as it was", () => {
  const schema = ofSpec({
    a: { type: "integer", maximum: 5 },
    list: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        properties: {
          name: { type: "string" },
          v: { type: "integer", maximum: 5 },
        },
      },
    },
  });
  const old = { a: 9, list: [{ name: "x", v: 9 }] };
  assert.deepEqual(check(schema, { ...old, b: 1 }, old), []);
  assert.deepEqual(
    check(schema, { a: 9, list: [{ name: "y", v: 1 }, old.list[0]] }, old),
    [],
    "items of a list-map are found by key",
  );
  assert.deepEqual(check(schema, { ...old, a: 10 }, old), [
    "spec.a: Invalid value: 10: spec.a in body should be less than or equal to 5",
  ]);
});

Deno.test("prune() leaves empty lists and maps out of embedded metadata", () => {
  const schema = ofSpec({
    embedded: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true,
    },
  });
  const spec = {
    embedded: {
      metadata: { name: "n", labels: {}, finalizers: [] },
      data: {},
    },
  };
  assert.deepEqual(compileSchema(schema).prune({ spec }), []);
  assert.deepEqual(spec.embedded, { metadata: { name: "n" }, data: {} });
});

Deno.test("prune() removes what the schema does not know and says where it was", () => {
  const schema = ofSpec({
    list: {
      type: "array",
      items: { type: "object", properties: { a: { type: "integer" } } },
    },
    map: { type: "object", additionalProperties: { type: "string" } },
    free: {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: {
        strict: { type: "object", properties: { a: { type: "integer" } } },
      },
    },
    embedded: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: { spec: { type: "object", properties: {} } },
    },
    text: { type: "string" },
  });
  const object = {
    apiVersion: "v1",
    kind: "T",
    metadata: { name: "x", labels: { any: "1" }, nmae: "y" },
    spec: {
      list: [{ a: 1, b: { c: 1 } }, { a: 2 }],
      map: { any: "x" },
      free: { x: { y: 1 }, strict: { a: 1, b: 2 } },
      embedded: {
        apiVersion: "v1",
        kind: "K",
        metadata: { name: "a", extra: 1 },
        spec: { z: 1 },
        other: 1,
      },
      text: { not: "text" },
    },
    extra: 1,
  };
  const { prune, unknownFields } = compileSchema(schema);
  const before = structuredClone(object);
  const paths = unknownFields(object);
  assert.deepEqual(object, before, "unknownFields() changes nothing");
  assert.deepEqual(paths, [
    "extra",
    "metadata.nmae",
    "spec.embedded.metadata.extra",
    "spec.embedded.other",
    "spec.embedded.spec.z",
    "spec.free.strict.b",
    "spec.list[0].b",
    "spec.text.not",
  ]);
  assert.deepEqual(prune(object), paths);
  assert.deepEqual(
    object,
    {
      apiVersion: "v1",
      kind: "T",
      metadata: { name: "x", labels: { any: "1" } },
      spec: {
        list: [{ a: 1 }, { a: 2 }],
        map: { any: "x" },
        free: { x: { y: 1 }, strict: { a: 1 } },
        embedded: {
          apiVersion: "v1",
          kind: "K",
          metadata: { name: "a" },
          spec: {},
        },
        text: {},
      },
    } as unknown as typeof object,
  );
});

Deno.test("default() fills in defaults of what is there and replaces or drops nulls", () => {
  const schema = ofSpec({
    a: { type: "integer", default: 1 },
    nested: {
      type: "object",
      properties: { b: { type: "string", default: "x" } },
    },
    made: {
      type: "object",
      default: {},
      properties: { c: { type: "string", default: "y" } },
    },
    list: {
      type: "array",
      items: {
        type: "object",
        properties: { p: { type: "string", default: "TCP" } },
      },
    },
    map: {
      type: "object",
      additionalProperties: {
        type: "object",
        properties: { q: { type: "integer", default: 5 } },
      },
    },
    nothing: { type: "string" },
    nullable: { type: "string", nullable: true, default: "z" },
  });
  const object = {
    spec: {
      a: null,
      list: [{}, { p: "UDP" }],
      map: { k: {} },
      nothing: null,
      nullable: null,
    },
  };
  compileSchema(schema).default(object);
  assert.deepEqual(
    object,
    {
      spec: {
        a: 1,
        made: { c: "y" },
        list: [{ p: "TCP" }, { p: "UDP" }],
        map: { k: { q: 5 } },
        nullable: null,
      },
    } as unknown as typeof object,
  );
});

Deno.test("default() never shares a default between objects", () => {
  const { default: fill } = compileSchema(ofSpec({
    list: { type: "array", items: { type: "string" }, default: [] },
  }));
  const one = { spec: {} as { list?: string[] } };
  const two = { spec: {} as { list?: string[] } };
  fill(one);
  one.spec.list!.push("a");
  fill(two);
  assert.deepEqual(two.spec.list, []);
});

Deno.test("defaultStatus() fills in what status has by default, and nothing else", () => {
  const schema = compileSchema({
    type: "object",
    properties: {
      spec: { type: "object", default: { size: 1 } },
      status: {
        type: "object",
        default: {},
        properties: { phase: { type: "string", default: "Pending" } },
      },
    },
  });
  const object = {};
  schema.defaultStatus(object);
  assert.deepEqual(object, { status: { phase: "Pending" } });
  const other = { status: { phase: "Ready" } };
  schema.defaultStatus(other);
  assert.deepEqual(other, { status: { phase: "Ready" } });
});
