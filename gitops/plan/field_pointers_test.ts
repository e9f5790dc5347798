import assert from "node:assert/strict";
import type { ManagedFieldsEntry } from "../../api/meta.ts";
import {
  expandPointer,
  leavingFields,
  releaseFields,
  withoutFields,
} from "./field_pointers.ts";

const live = {
  spec: {
    ports: [{ name: "a", port: 7 }, { name: "b", port: 8 }],
    args: ["x", "y"],
    "a/b": 1,
  },
};

Deno.test("expandPointer() finds fields, with * for any, in any of the objects", () => {
  assert.deepEqual(expandPointer("/spec/ports/*/port", [live]), [
    ["spec", "ports", 0, "port"],
    ["spec", "ports", 1, "port"],
  ]);
  assert.deepEqual(expandPointer("/spec/a~1b", [live]), [["spec", "a/b"]]);
  assert.deepEqual(expandPointer("/spec/none", [live, { spec: { none: 1 } }]), [
    ["spec", "none"],
  ]);
});

Deno.test("withoutFields() takes fields and items out of a copy", () => {
  const pointers = expandPointer("/spec/args/*", [live]);
  assert.deepEqual(withoutFields(live, pointers).spec.args, []);
  assert.deepEqual(live.spec.args, ["x", "y"]);
});

Deno.test("releaseFields() finds a list's item by its key", () => {
  const fields = {
    "f:spec": {
      "f:ports": { 'k:{"name":"b"}': { "f:name": {}, "f:port": {} } },
    },
  };
  assert.deepEqual(
    releaseFields(fields, { live, pointers: [["spec", "ports", 1, "port"]] }),
    { "f:spec": { "f:ports": { 'k:{"name":"b"}': { "f:name": {} } } } },
  );
  const none = { live, pointers: [["spec", "ports", 0, "port"]] };
  assert.equal(releaseFields(fields, none), fields);
});

Deno.test("leavingFields() leaves a field out, but keeps the live value within what has one owner", () => {
  const managedFields = [
    { fieldsV1: { "f:spec": { "f:ports": {} } } },
  ] as unknown as ManagedFieldsEntry[];
  const desired = {
    spec: { ports: [{ name: "a", port: 1 }, { name: "b", port: 2 }], other: 3 },
  };
  assert.deepEqual(
    leavingFields(desired, {
      live,
      managedFields,
      pointers: [["spec", "ports", 1, "port"], ["spec", "other"]],
    }),
    { spec: { ports: [{ name: "a", port: 1 }, { name: "b", port: 8 }] } },
  );
});
