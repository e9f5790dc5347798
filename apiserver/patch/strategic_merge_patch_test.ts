import assert from "node:assert/strict";
import type { Json, JsonObject, Schema } from "../types.ts";
import { strategicMergePatch } from "./strategic_merge_patch.ts";

const schema: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        containers: {
          type: "array",
          "x-kubernetes-patch-strategy": "merge",
          "x-kubernetes-patch-merge-key": "name",
          items: {
            type: "object",
            properties: {
              name: { type: "string" },
              args: { type: "array", items: { type: "string" } },
              env: {
                type: "array",
                "x-kubernetes-patch-strategy": "merge",
                "x-kubernetes-patch-merge-key": "name",
                items: { type: "object" },
              },
            },
          },
        },
        strategy: {
          type: "object",
          "x-kubernetes-patch-strategy": "retainKeys",
          properties: {
            type: { type: "string" },
            rolling: { type: "object" },
          },
        },
        tolerations: { type: "array", items: { type: "object" } },
      },
    },
  },
};

function patch(spec: JsonObject, change: JsonObject): Json {
  const document = { spec };
  const before = structuredClone(document);
  const result = strategicMergePatch(document, { spec: change }, schema);
  assert.deepEqual(document, before, "the document is not changed");
  return result.spec!;
}

const two = { containers: [{ name: "a", image: "1" }, { name: "b" }] };

Deno.test("lists with a merge key are merged by it, others replaced", () => {
  assert.deepEqual(
    patch({
      containers: [
        { name: "a", args: ["x"], env: [{ name: "E", value: "1" }] },
        { name: "b" },
      ],
      tolerations: [{ key: "t" }],
    }, {
      containers: [{
        name: "a",
        args: ["y"],
        env: [{ name: "F", value: "2" }],
      }],
      tolerations: [{ key: "u" }],
    }),
    {
      containers: [
        {
          name: "a",
          args: ["y"],
          env: [{ name: "F", value: "2" }, { name: "E", value: "1" }],
        },
        { name: "b" },
      ],
      tolerations: [{ key: "u" }],
    },
  );
});

Deno.test("$patch deletes an item, or replaces a list or a map", () => {
  assert.deepEqual(
    patch(two, { containers: [{ name: "a", $patch: "delete" }] }),
    { containers: [{ name: "b" }] },
  );
  assert.deepEqual(
    patch(two, { containers: [{ name: "c" }, { $patch: "replace" }] }),
    { containers: [{ name: "c" }] },
  );
  assert.deepEqual(
    patch(two, { $patch: "replace", tolerations: [] }),
    { tolerations: [] },
  );
});

Deno.test("$setElementOrder orders the list, and items of the server keep their place", () => {
  const names = (value: Json) =>
    ((value as JsonObject).containers as JsonObject[]).map((c) => c.name);
  assert.deepEqual(
    names(patch({
      containers: [{ name: "a" }, { name: "server" }, { name: "b" }],
    }, {
      "$setElementOrder/containers": [
        { name: "new" },
        { name: "a" },
        { name: "b" },
      ],
      containers: [{ name: "new" }],
    })),
    ["new", "a", "server", "b"],
  );
  assert.throws(
    () =>
      patch(two, {
        "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
        containers: [{ name: "a" }, { name: "b" }],
      }),
    {
      code: 400,
      message:
        "The order in patch list:\n[map[name:a] map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:b] map[name:a]]\n",
    },
  );
});

Deno.test("$retainKeys drops other keys", () => {
  assert.deepEqual(
    patch({ strategy: { type: "Rolling", rolling: { x: 1 } } }, {
      strategy: { $retainKeys: ["type"], type: "Recreate" },
    }),
    { strategy: { type: "Recreate" } },
  );
  assert.throws(
    () => patch({}, { $retainKeys: ["a"], b: 1 }),
    { code: 400, message: "invalid patch format of retainKeys" },
  );
});

Deno.test("finalizers and owners of any kind are merged", () => {
  const document = {
    metadata: {
      finalizers: ["a/a", "b/b"],
      ownerReferences: [{ uid: "1", name: "x" }],
    },
  };
  const result = strategicMergePatch(document, {
    metadata: {
      "$deleteFromPrimitiveList/finalizers": ["a/a"],
      finalizers: ["c/c"],
      ownerReferences: [{ uid: "2", name: "y" }],
    },
  }, undefined);
  const metadata = result.metadata as JsonObject;
  assert.deepEqual(
    new Set(metadata.finalizers as string[]),
    new Set(["b/b", "c/c"]),
  );
  assert.deepEqual(
    (metadata.ownerReferences as JsonObject[]).map((o) => o.uid).sort(),
    ["1", "2"],
  );
});

Deno.test("items without their merge key are refused", () => {
  assert.throws(() => patch(two, { containers: [{ image: "x" }] }), {
    message: "map: map[image:x] does not contain declared merge key: name",
  });
});
