import { isObject } from "../is_object.ts";
import assert from "node:assert/strict";
import type { Json, JsonObject } from "../types.ts";
import { mergePatch } from "./merge_patch.ts";

Deno.test("mergePatch() follows the examples of RFC 7386", () => {
  const cases: [JsonObject, JsonObject, Json][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [document, patch, expected] of cases) {
    const before = structuredClone(document);
    assert.deepEqual(mergePatch(document, patch), expected);
    assert.deepEqual(document, before, "the document is not changed");
  }
});

Deno.test("mergePatch() refuses what is no object", () => {
  assert.throws(() => mergePatch({}, []), {
    code: 400,
    message:
      "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
  });
});

/** The patch that leads from one object to another. */
function diff(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const old = from[key];
    patch[key] = isObject(old) && isObject(value) ? diff(old, value) : value;
  }
  return patch;
}

Deno.test("patching by the difference leads to the other object, and twice is once", () => {
  let seed = 7;
  const next = () => {
    seed = (Math.imul(seed, 48271) >>> 0) % 2147483647;
    return seed;
  };
  const some = (depth: number): JsonObject => {
    const out: JsonObject = {};
    for (const key of ["a", "b", "c"]) {
      const kind = next() % 5;
      if (kind === 0) out[key] = next() % 3;
      else if (kind === 1) out[key] = [next() % 3, { x: 1 }];
      else if (kind === 2 && depth) out[key] = some(depth - 1);
      else if (kind === 3) out[key] = {};
    }
    return out;
  };
  for (let i = 0; i < 500; i++) {
    const from = some(3);
    const to = some(3);
    const patch = diff(from, to);
    const result = mergePatch(from, patch);
    assert.deepEqual(result, to);
    assert.deepEqual(mergePatch(result, patch), result);
  }
});
