import assert from "node:assert/strict";
import { cloneJson } from "./clone_json.ts";

Deno.test("cloneJson() copies every object and list", () => {
  const value = { a: [{ b: 1 }, null, "x"], c: { d: {} }, e: undefined };
  const copy = cloneJson(value);
  assert.deepEqual(copy, value);
  assert.notEqual(copy, value);
  assert.notEqual(copy.a, value.a);
  assert.notEqual(copy.a[0], value.a[0]);
  assert.notEqual(copy.c.d, value.c.d);
});

Deno.test("cloneJson() copies a field named __proto__ as a field", () => {
  const copy = cloneJson(JSON.parse('{"__proto__": {"a": 1}, "b": 2}'));
  assert.equal(JSON.stringify(copy), '{"__proto__":{"a":1},"b":2}');
  assert.equal(copy.a, undefined);
});
