import assert from "node:assert/strict";
import { StatusError } from "../errors.ts";
import type { Json, JsonObject } from "../types.ts";
import { jsonPatch } from "./json_patch.ts";

Deno.test("operations apply in order and leave the document as it was", () => {
  const document: JsonObject = {
    a: { b: [1, 2, 3] },
    "x/y": { "t~u": 1 },
    gone: true,
  };
  const before = structuredClone(document);
  const result = jsonPatch(document, [
    { op: "test", path: "/a/b/1", value: 2 },
    { op: "add", path: "/a/b/1", value: 9 },
    { op: "add", path: "/a/b/-", value: 4 },
    { op: "remove", path: "/a/b/0" },
    { op: "replace", path: "/a/b/-1", value: 5 },
    { op: "replace", path: "/x~1y/t~0u", value: 2 },
    { op: "copy", from: "/a/b", path: "/copied" },
    { op: "move", from: "/gone", path: "/moved" },
    { op: "add", path: "/copied/0", value: 0 },
    { op: "test", path: "/nothing", value: null },
    { op: "replace", path: "/fresh", value: 1 },
  ]);
  assert.deepEqual(result, {
    a: { b: [9, 2, 3, 5] },
    "x/y": { "t~u": 2 },
    copied: [0, 9, 2, 3, 5],
    moved: true,
    fresh: 1,
  });
  assert.deepEqual(document, before);
});

Deno.test("what does not fit the document is refused with 422", () => {
  const patches: Json[] = [
    [{ op: "remove", path: "/nope" }],
    [{ op: "remove", path: "" }],
    [{ op: "add", path: "/nope/deeper", value: 1 }],
    [{ op: "add", path: "/list/5", value: 1 }],
    [{ op: "add", path: "/list/x", value: 1 }],
    [{ op: "add", path: "/text/x", value: 1 }],
    [{ op: "test", path: "/text", value: "other" }],
    [{ op: "move", from: "/nope", path: "/a" }],
    [{ op: "move", from: "/list", path: "/list/0" }],
    [{ op: "rename", path: "/text" }],
    [{ op: "add", path: "no-slash", value: 1 }],
    [{ op: "replace", path: "", value: [] }],
  ];
  for (const patch of patches) {
    assert.throws(
      () => jsonPatch({ list: [1], text: "t" }, patch),
      (e) =>
        e instanceof StatusError && e.code === 422 && e.reason === "Invalid" &&
        e.message ===
          "the server rejected our request due to an error in our request",
      JSON.stringify(patch),
    );
  }
});

Deno.test("what is no JSON patch is refused with 400", () => {
  assert.throws(() => jsonPatch({}, { a: 1 }), {
    code: 400,
    message:
      "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
  });
  assert.throws(() => jsonPatch({}, [1]), { code: 400 });
  const many = Array(10_001).fill({ op: "test", path: "/a", value: null });
  assert.throws(() => jsonPatch({}, many), { code: 413 });
});

Deno.test("keys that name prototypes are data like any other", () => {
  const patch = JSON.parse(
    '[{"op":"add","path":"/__proto__","value":{"polluted":true}}]',
  );
  const result = jsonPatch({}, patch);
  assert.equal((result as { polluted?: boolean }).polluted, undefined);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  assert.equal(JSON.stringify(result), '{"__proto__":{"polluted":true}}');
});
