import assert from "node:assert/strict";
import type { Schema } from "../types.ts";
import { validateStructural } from "./structural.ts";

function problems(schema: Schema): string[] {
  return validateStructural({
    type: "object",
    properties: { spec: schema },
  }, "root").map((e) => `${e.field} ${e.message}`);
}

function ruled(rule: string, properties: Record<string, Schema>): Schema {
  return { type: "object", properties, "x-kubernetes-validations": [{ rule }] };
}

const texts = (limits: Partial<Schema> = {}): Schema => ({
  type: "array",
  items: { type: "string" },
  ...limits,
});

Deno.test("rules that name no field of their schema are refused", () => {
  const [problem, ...rest] = problems(
    ruled("self.z == 100", { x: { type: "integer" } }),
  );
  assert.match(
    problem!,
    /compilation failed: ERROR: <input>:1:5: undefined field 'z'\n \| self\.z == 100\n \| \.\.\.\.\^$/,
  );
  assert.deepEqual(rest, []);
  const known: Record<string, Schema> = {
    "a-b": { type: "string" },
    list: {
      type: "array",
      maxItems: 10,
      items: { type: "object", properties: { n: { type: "integer" } } },
    },
    map: {
      type: "object",
      additionalProperties: { type: "string" },
      maxProperties: 10,
    },
    any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  };
  for (
    const rule of [
      "self.a__dash__b == 'x'",
      "self.list.all(i, i.n > 0)",
      "self.list.filter(i, i.n > 0).map(i, i.n).sum() == 1",
      "self.map.all(k, self.map[k] == 'a') && has(self.map.anything)",
      "has(self.any)",
    ]
  ) assert.deepEqual(problems(ruled(rule, known)), [], rule);
  assert.match(
    problems(ruled("self.list.all(i, i.m > 0)", known))[0]!,
    /undefined field 'm'/,
  );
  assert.match(
    problems(ruled("self.list[0].m > 0", known))[0]!,
    /undefined field 'm'/,
  );
});

Deno.test("a rule over a list in an unlimited list costs too much", () => {
  const rules = [{ rule: "self.all(s, s == 'string constant')" }];
  const inner = { ...texts(), "x-kubernetes-validations": rules };
  const unlimited = problems({
    type: "object",
    properties: { x: { type: "array", items: inner } },
  });
  assert.match(
    unlimited[0]!,
    /x-kubernetes-validations\[0\]\.rule Forbidden: estimated rule cost exceeds budget by factor of more than 100x/,
  );
  assert.match(unlimited[1]!, /\.rule Forbidden: contributed to estimated/);
  assert.match(unlimited[2]!, /^root Forbidden: .*entire OpenAPIv3 schema/);
  const limited = {
    type: "array",
    maxItems: 20,
    items: { ...inner, maxItems: 20 },
  } satisfies Schema;
  assert.deepEqual(
    problems({ type: "object", properties: { x: limited } }),
    [],
  );
});

Deno.test("nested loops are refused by the size that their lists can have", () => {
  const rule = "self.list.all(x, self.list.all(y, y == x))";
  const of = (maxItems?: number) =>
    problems(ruled(rule, {
      list: { type: "array", items: { type: "integer" }, maxItems },
    }));
  assert.equal(of(725).length, 0);
  assert.equal(of(5000).length, 3);
  assert.equal(of().length, 3);
});

Deno.test("sets are priced by the pairs that are compared", () => {
  const rule = (name: string, maxItems?: number) =>
    problems(ruled(`sets.${name}(self.a, self.b)`, {
      a: texts({ maxItems, items: { type: "string", maxLength: 10 } }),
      b: texts({ maxItems, items: { type: "string", maxLength: 10 } }),
    }));
  for (const name of ["contains", "intersects", "equivalent"]) {
    assert.deepEqual(rule(name, 1000), [], name);
    assert.match(rule(name, 10_000).join(), /estimated rule cost/, name);
    assert.match(rule(name).join(), /estimated rule cost/, name);
  }
});

Deno.test("loops and formats are priced as in kube-apiserver, a step at a time", () => {
  const schemas = (maxItems: number): Record<string, Schema> => ({
    list: { type: "array", maxItems, items: { type: "integer" } },
    texts: texts({ maxItems, items: { type: "string", maxLength: 10 } }),
    map: {
      type: "object",
      maxProperties: maxItems,
      additionalProperties: { type: "integer" },
    },
  });
  // What a step costs there, found out by how long a list may be.
  for (
    const [rule, step] of [
      ["self.list.all(v, true)", 3],
      ["self.list.exists(v, true)", 4],
      ["self.list.all(i, v, i > 0)", 5],
      ["self.list.exists(i, v, true)", 4],
      ["self.list.existsOne(i, v, true)", 2],
      ["self.list.transformList(i, v, true, 1).size() > 0", 12],
      ["self.map.transformMap(k, v, 1).size() > 0", 3],
      ["self.map.transformMapEntry(k, v, {k: 1}).size() > 0", 33],
      ["self.list.transformMap(i, v, 1).all(x, true)", 6],
      ["self.map.all(k, v, k == 'a')", 4],
      ["self.texts.all(i, t, format.uri().validate(t).hasValue())", 134],
      ["self.texts.all(i, t, format.named('uri').hasValue())", 5],
      ["self.list.all(i, self.list.first().hasValue())", 7],
      ["self.list.all(i, lists.range(3).all(j, j > 0))", 33],
      ["self.texts.all(t, strings.quote(t) == t)", 13],
    ] as const
  ) {
    const most = Math.floor(10_000_000 / step);
    assert.deepEqual(problems(ruled(rule, schemas(most - 200))), [], rule);
    const [problem] = problems(ruled(rule, schemas(most + 200)));
    assert.match(problem ?? "none", /estimated rule cost exceeds/, rule);
  }
});

Deno.test("sorting is priced by the pairs that it may compare", () => {
  const of = (rule: string, maxItems: number) =>
    problems(ruled(rule, {
      list: { type: "array", maxItems, items: { type: "integer" } },
    }));
  for (
    const rule of [
      "self.list.sort()[0] > 1",
      "self.list.distinct().size() > 1",
      "self.list.sortBy(v, -v)[0] > 1",
    ]
  ) {
    assert.deepEqual(of(rule, 2200), [], rule);
    assert.match(of(rule, 2300).join(), /rule cost exceeds budget/, rule);
  }
});

Deno.test("the expression of a message has a budget as well, as if it ran once", () => {
  const messageExpression = "self.list.map(v, 1).size() > 0 ? 'a' : 'b'";
  const of = (maxItems: number): Schema => ({
    type: "object",
    properties: {
      list: { type: "array", maxItems, items: { type: "integer" } },
    },
    "x-kubernetes-validations": [{ rule: "true", messageExpression }],
  });
  assert.deepEqual(problems(of(800_000)), []);
  assert.match(
    problems(of(1_000_000)).join(),
    /x-kubernetes-validations\[0\]\.messageExpression Forbidden: estimated messageExpression cost exceeds budget by factor of 1\.2000\d\dx/,
  );
  const items = of(100_000);
  assert.deepEqual(problems({ type: "array", maxItems: 20, items }), []);
});

Deno.test("a text is no range of a loop", () => {
  assert.match(
    problems(ruled("self.s.all(i, v, true)", { s: { type: "string" } }))[0]!,
    /1:5: expression of type 'string' cannot be range of a comprehension/,
  );
});

Deno.test("a text made of something else has no known length, so that joining it to another costs too much", () => {
  const of = (rule: string, messageExpression?: string) =>
    problems({
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: {
            a: { type: "integer" },
            s: { type: "string", maxLength: 20 },
          },
          "x-kubernetes-validations": [{ rule, messageExpression }],
        },
      },
    });
  const message = (text: string) => of("self.a < 5", text);
  for (
    const dear of ["'a is ' + string(self.a)", "'%d'.format([self.a]) + '!'"]
  ) {
    const found = message(dear);
    assert.match(
      found[0]!,
      /\[0\]\.messageExpression Forbidden: estimated messageExpression cost exceeds budget by factor of more than 100x/,
    );
    assert.equal(found.length, 3, dear);
  }
  for (
    const cheap of [
      "string(self.a)",
      "'a is %d'.format([self.a])",
      "self.s + '!'",
    ]
  ) {
    assert.deepEqual(message(cheap), [], cheap);
  }
  assert.match(
    of("string(self.a).matches('^1')")[0]!,
    /\.rule Forbidden: estimated rule cost/,
  );
  assert.deepEqual(
    of("string(self.a) == self.s && string(self.a).startsWith('1')"),
    [],
  );
});
