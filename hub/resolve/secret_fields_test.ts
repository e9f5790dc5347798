import assert from "node:assert/strict";
import { replaceAt, secretFields, valueAt } from "./secret_fields.ts";

const secret = { type: "string", writeOnly: true };

Deno.test("secretFields() finds secrets wherever a schema can put them", () => {
  const schema = {
    $defs: { key: secret },
    properties: {
      direct: secret,
      referred: { $ref: "#/$defs/key" },
      "a/b": secret,
      peers: { items: { properties: { psk: secret } } },
      pair: { prefixItems: [{}, secret] },
      one: { oneOf: [{ type: "null" }, secret] },
    },
    patternProperties: { "^x-": secret },
    additionalProperties: { properties: { token: secret } },
  };
  const value = {
    direct: "1",
    referred: "2",
    "a/b": "3",
    peers: [{ psk: "4" }, {}, { psk: { secretKeyRef: {} } }],
    pair: ["plain", "5"],
    one: "6",
    "x-any": "7",
    other: { token: "8", plain: "" },
  };
  assert.deepEqual(secretFields(value, schema), [
    "/a~1b",
    "/direct",
    "/one",
    "/other/token",
    "/pair/1",
    "/peers/0/psk",
    "/peers/2/psk",
    "/referred",
    "/x-any",
  ]);
});

Deno.test("secretFields() ends on a schema that refers to itself", () => {
  const loop = { $ref: "#" };
  assert.deepEqual(secretFields({ a: 1 }, loop), []);
});

Deno.test("replaceAt() takes fields out and keeps places in lists", () => {
  const value = { a: { b: 1 }, list: ["x", "y"] };
  replaceAt(value, "/a/b", undefined);
  replaceAt(value, "/list/0", undefined);
  assert.deepEqual(value, { a: {}, list: [null, "y"] });
  assert.equal(valueAt(value, "/list/1"), "y");
  assert.equal(valueAt(value, "/a/toString"), undefined);
});
