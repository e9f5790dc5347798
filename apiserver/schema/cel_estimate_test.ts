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
