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
