import assert from "node:assert/strict";
import { type Fields, FieldSet } from "./field_set.ts";

Deno.test("FieldSet.encode() puts fields of any depth in order", () => {
  const depth = 200;
  let given: Fields = {};
  let wanted: Fields = {};
  for (let level = 0; level < depth; level++) {
    given = { "f:b": {}, "f:a": given, ".": {} };
    wanted = { ".": {}, "f:a": wanted, "f:b": {} };
  }
  assert.equal(
    JSON.stringify(FieldSet.from(given).encode()),
    JSON.stringify(wanted),
  );
});

Deno.test("FieldSet.encode() gives what is in order as it is", () => {
  const fields: Fields = { "f:a": { ".": {}, "f:b": {} }, "f:c": {} };
  assert.equal(FieldSet.from(fields).encode(), fields);
});

Deno.test("FieldSet.of() takes very many paths below one element", () => {
  const paths = Array.from({ length: 50_000 }, (_, i) => ["f:data", `f:k${i}`]);
  const set = FieldSet.of(...paths);
  assert.equal(Object.keys(set.fields["f:data"]!).length, paths.length);
  assert.equal(set.has(["f:data"]), false);
  assert.equal(set.has(["f:data", "f:k49999"]), true);
});
