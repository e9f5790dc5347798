import assert from "node:assert/strict";
import type { JsonObject, Schema } from "../types.ts";
import { compare } from "./compare.ts";
import { fieldsOfNew } from "./fields_of_new.ts";
import { mergeTypeOf } from "./merge_type.ts";
import { withoutSystemFields } from "./ownership.ts";

const schema: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "integer" },
        atomic: {
          type: "object",
          "x-kubernetes-map-type": "atomic",
          additionalProperties: { type: "string" },
        },
        set: {
          type: "array",
          items: { type: "string" },
          "x-kubernetes-list-type": "set",
        },
        list: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: { type: "object", properties: { name: { type: "string" } } },
        },
      },
    },
    status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};
const head = { apiVersion: "a.example.com/v1", kind: "A" };
const system = {
  name: "x",
  namespace: "n",
  uid: "u",
  creationTimestamp: "2026-01-01T00:00:00Z",
  generation: 1,
};

const objects: JsonObject[] = [
  {},
  { ...head, metadata: { ...system } },
  { ...head, metadata: { ...system, labels: {} }, spec: {} },
  {
    ...head,
    metadata: {
      ...system,
      labels: { z: "1", "a/b": "2" },
      annotations: { c: "" },
      finalizers: ["b", "a"],
      ownerReferences: [{ uid: "o", name: "o", kind: "O", apiVersion: "v1" }],
    },
    spec: {
      set: ["b", "a", "b"],
      list: [{ name: "q", w: [1, { x: null }] }, { name: "q" }, {}, null],
      atomic: { k: "v" },
      a: 1,
      unknown: { deep: [{ er: {} }] },
    },
    status: { conditions: [], n: null },
    top: "t",
  },
  { ...head, metadata: { ...system }, spec: null, status: "odd" },
  { ...head, metadata: { ...system }, spec: { set: {}, list: "x", a: [] } },
];

Deno.test("a creator owns what a comparison with nothing says", () => {
  for (const type of [mergeTypeOf(schema), mergeTypeOf(undefined)]) {
    for (const object of objects) {
      const { added, modified } = compare({}, object, type);
      const expected = withoutSystemFields(modified.union(added)).encode();
      assert.deepEqual(
        JSON.stringify(fieldsOfNew(object, type).encode()),
        JSON.stringify(expected),
        JSON.stringify(object),
      );
    }
  }
});
