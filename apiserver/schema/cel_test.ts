import assert from "node:assert/strict";
import type { Schema, ValidationRule } from "../types.ts";
import { compileSchema } from "./mod.ts";

const properties: Record<string, Schema> = {
  replicas: { type: "integer" },
  max: { type: "integer" },
  ratio: { type: "number" },
  name: { type: "string" },
  "dashed-name": { type: "string" },
  namespace: { type: "string" },
  at: { type: "string", format: "date-time" },
  wait: { type: "string", format: "duration" },
  port: { "x-kubernetes-int-or-string": true },
  list: { type: "array", items: { type: "string" } },
  numbers: { type: "array", items: { type: "integer" } },
  map: { type: "object", additionalProperties: { type: "integer" } },
  items: {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    items: {
      type: "object",
      properties: { name: { type: "string" }, size: { type: "integer" } },
    },
  },
};

function run(
  rules: (string | ValidationRule)[],
  spec: unknown,
  old?: unknown,
): string[] {
  const schema: Schema = {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties,
        "x-kubernetes-validations": rules.map((rule) =>
          typeof rule === "string" ? { rule } : rule
        ),
      },
    },
  };
  return compileSchema(schema).validate(
    { metadata: { name: "n" }, spec },
    old === undefined ? undefined : { metadata: { name: "n" }, spec: old },
  ).map((e) => `${e.reason} ${e.field}: ${e.message}`);
}

Deno.test("rules see values in the types of their schema", () => {
  const spec = {
    replicas: 3,
    max: 5,
    ratio: 0.5,
    name: "web",
    "dashed-name": "x",
    namespace: "y",
    at: "2026-01-02T03:04:05Z",
    wait: "1m30s",
    port: 80,
    list: ["a", "b"],
    numbers: [1, 2, 3],
    map: { a: 1, b: 2 },
    items: [{ name: "a", size: 1 }],
  };
  const rules = [
    "self.replicas <= self.max",
    "self.replicas + 2 == self.max",
    "self.ratio < 1",
    "self.ratio < 1.0 && self.ratio * 2.0 == 1.0",
    "self.dashed__dash__name == 'x' ? true : false",
    "self.__namespace__ == 'y'",
    "self.at < timestamp('2027-01-01T00:00:00Z')",
    "self.wait == duration('90s')",
    "type(self.port) == int ? self.port == 80 : self.port == 'http'",
    "self.list.all(x, x.matches('^[a-z]$'))",
    "self.numbers.sum() == 6 && self.numbers.max() == 3 && self.numbers.isSorted()",
    "self.map.all(k, self.map[k] > 0) && 'a' in self.map",
    "self.items.exists_one(i, i.name == 'a' && i.size == 1)",
    "!has(self.missing)",
    "self.name.find('[c-w]+') == 'we' && size(self.name) == 3",
    "quantity('1Gi').isGreaterThan(quantity('500M'))",
    "cidr('10.0.0.0/8').containsIP('10.1.2.3') && isIP('::1') && !isIP('1.2')",
    "isURL('https://x.y/z') && url('https://x.y:8/z').getHostname() == 'x.y'",
    "'%s is %d'.format(['a', 2]) == 'a is 2'",
  ];
  for (const rule of rules) assert.deepEqual(run([rule], spec), [], rule);
});

Deno.test("a broken rule says so by message, expression or the rule itself", () => {
  assert.deepEqual(run(["self.replicas < 2"], { replicas: 3 }), [
    "FieldValueInvalid spec: Invalid value: failed rule: self.replicas < 2",
  ]);
  assert.deepEqual(
    run([{ rule: "self.replicas < 2", message: "too many" }], { replicas: 3 }),
    ["FieldValueInvalid spec: Invalid value: too many"],
  );
  assert.deepEqual(
    run([{
      rule: "self.replicas < 2",
      message: "too many",
      messageExpression: "string(self.replicas) + ' are too many'",
      reason: "FieldValueForbidden",
      fieldPath: ".replicas",
    }], { replicas: 3 }),
    ["FieldValueForbidden spec.replicas: Forbidden: 3 are too many"],
  );
  assert.deepEqual(
    run([{
      rule: "self.replicas < 2",
      message: "too many",
      messageExpression: "self.name + '!'",
    }], { replicas: 3 }),
    ["FieldValueInvalid spec: Invalid value: too many"],
    "a messageExpression that fails leaves the message",
  );
});

Deno.test("a rule that cannot be evaluated is an error, not a pass", () => {
  const [problem] = run(["self.name == 'x'"], {});
  assert.match(
    problem!,
    /^FieldValueInvalid spec: Invalid value: "object": no such key: name evaluating rule: self.name == 'x'$/,
  );
});

Deno.test("transition rules compare with the object before", () => {
  const rule = { rule: "self.replicas >= oldSelf.replicas", message: "grow" };
  assert.deepEqual(run([rule], { replicas: 1 }), [], "nothing to compare with");
  assert.deepEqual(run([rule], { replicas: 2 }, { replicas: 1 }), []);
  assert.deepEqual(run([rule], { replicas: 1 }, { replicas: 2 }), [
    "FieldValueInvalid spec: Invalid value: grow",
  ]);
  const optional = {
    rule: "oldSelf.hasValue() || self.replicas == 0",
    message: "starts with none",
    optionalOldSelf: true,
  };
  assert.deepEqual(run([optional], { replicas: 1 }), [
    "FieldValueInvalid spec: Invalid value: starts with none",
  ]);
  assert.deepEqual(run([optional], { replicas: 1 }, { replicas: 2 }), []);
});

Deno.test("an update is not held to rules over what it leaves unchanged", () => {
  const rule = "self.replicas < 2";
  assert.deepEqual(run([rule], { replicas: 3 }, { replicas: 3 }), []);
  assert.equal(
    run([rule], { replicas: 3, max: 1 }, { replicas: 3 }).length,
    1,
    "self changed",
  );
});

Deno.test("rules wait until the object's values fit its schema", () => {
  assert.deepEqual(run(["self.replicas < 2"], { replicas: "3" }), [
    'FieldValueTypeInvalid spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    "FieldValueInvalid <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  ]);
});

Deno.test("rules at the root see names only of metadata", () => {
  const schema = compileSchema({
    type: "object",
    "x-kubernetes-validations": [
      { rule: "self.metadata.name.startsWith('a')" },
      { rule: "!has(self.metadata.labels)" },
    ],
  });
  const object = {
    apiVersion: "v1",
    kind: "K",
    metadata: { name: "abc", labels: { a: "b" } },
  };
  assert.deepEqual(schema.validate(object), []);
});

Deno.test("a rule that goes on for too long is stopped, and no other runs", () => {
  const numbers = Array(725).fill(20);
  const rules = [
    "self.numbers.all(x, self.numbers.all(y, y == x))",
    "self.replicas > 100",
  ];
  assert.deepEqual(run(rules, { numbers, replicas: 1 }), [
    `FieldValueInvalid spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${
      rules[0]
    }`,
  ]);
  assert.equal(
    run(rules, { numbers: [20, 20], replicas: 101 }).length,
    0,
    "a short list is cheap",
  );
  const early = "self.numbers.exists(x, self.numbers.exists(y, y == x))";
  assert.deepEqual(run([early], { numbers }), [], "only steps taken count");
});

Deno.test("all rules of an object together have a limit, too", () => {
  const numbers = Array(300).fill(1);
  const rule = "self.numbers.all(x, self.numbers.all(y, y == x))";
  const problems = run(Array(40).fill(rule), { numbers });
  assert.deepEqual(problems, [
    'FieldValueInvalid spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
  ]);
});

Deno.test("matches() reads patterns as Go does, and is quick with every one", () => {
  const rules = [
    "!self.a.matches('^(a+)+$')",
    "[self.a, 'b'].exists(x, x.matches('^[[:alpha:]]+!$')) && 'matches'.matches('match')",
    "self.a.find('(a|aa)+$') == ''",
  ];
  const { validate } = compileSchema({
    type: "object",
    properties: { a: { type: "string" } },
    "x-kubernetes-validations": rules.map((rule) => ({
      rule,
      messageExpression: "string(self.a.matches('(a+)+$'))",
    })),
  });
  assert.deepEqual(validate({ a: "a".repeat(60) + "!" }), []);
  assert.equal(validate({ a: "a".repeat(60) })[0]!.message.slice(-5), " true");
});

Deno.test("a message that costs too much ends all rules, one that is too long is not used", () => {
  const list = Array(1200).fill(1);
  const spec = { numbers: list, name: "x" };
  const dear =
    "self.numbers.all(a, self.numbers.all(b, a == b)) ? 'dear' : 'other'";
  assert.deepEqual(
    run([{ rule: "false", messageExpression: dear }, "false"], spec),
    [
      `FieldValueInvalid spec: Invalid value: "object": no further validation rules will be run due to call cost exceeds limit for messageExpression: ${
        JSON.stringify(dear)
      }`,
    ],
  );
  const long = { ...spec, name: "y".repeat(6000) };
  const rule = {
    rule: "false",
    message: "plain",
    messageExpression: "self.name",
  };
  assert.match(run([rule], long)[0]!, /: plain$/);
  assert.match(run([rule], spec)[0]!, /: x$/);
});
