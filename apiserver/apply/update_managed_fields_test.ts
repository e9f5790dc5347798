import assert from "node:assert/strict";
import type { JsonObject, ManagedFieldsEntry, Schema } from "../types.ts";
import { updateManagedFields } from "./mod.ts";

const apiVersion = "v1";
const start = Date.parse("2026-01-02T03:04:05Z");
const schema: Schema = {
  type: "object",
  properties: {
    data: { type: "object", additionalProperties: { type: "string" } },
  },
};

function record(
  data: Record<string, string>,
  { live, manager = "me", seconds = 0, sent }: {
    live?: JsonObject;
    manager?: string;
    seconds?: number;
    sent?: ManagedFieldsEntry[];
  } = {},
) {
  const updated = {
    apiVersion,
    kind: "ConfigMap",
    metadata: {
      name: "x",
      uid: "u",
      ...(sent ? { managedFields: sent } : {}),
    },
    data,
  };
  const managedFields = updateManagedFields({
    live,
    updated,
    manager,
    apiVersion,
    schema,
    now: new Date(start + seconds * 1000),
  });
  return { ...updated, metadata: { ...updated.metadata, managedFields } };
}

function fieldsOf(object: ReturnType<typeof record>) {
  return Object.fromEntries(
    object.metadata.managedFields.map((e) => [e.manager, e.fieldsV1["f:data"]]),
  );
}

Deno.test("changed fields move to who changed them, removed ones leave everybody", () => {
  const one = record({ a: "1", b: "1", c: "1" }, { manager: "one" });
  assert.deepEqual(fieldsOf(one), {
    one: { ".": {}, "f:a": {}, "f:b": {}, "f:c": {} },
  });
  const two = record({ a: "2", b: "1", d: "1" }, {
    manager: "two",
    live: one as unknown as JsonObject,
  });
  assert.deepEqual(fieldsOf(two), {
    one: { ".": {}, "f:b": {} },
    two: { "f:a": {}, "f:d": {} },
  });
});

Deno.test("an update that changes nothing leaves entries and times", () => {
  const one = record({ a: "1" }, { manager: "one" });
  const same = record({ a: "1" }, {
    manager: "two",
    live: one as unknown as JsonObject,
    seconds: 60,
  });
  assert.deepEqual(same.metadata.managedFields, one.metadata.managedFields);
});

Deno.test("a client can reset managedFields and send its own", () => {
  const one = record({ a: "1" });
  const reset = record({ a: "1" }, {
    live: one as unknown as JsonObject,
    sent: [],
  });
  assert.deepEqual(reset.metadata.managedFields, []);
  const sent: ManagedFieldsEntry[] = [{
    manager: "sent",
    operation: "Apply",
    apiVersion,
    fieldsType: "FieldsV1",
    fieldsV1: { "f:data": { "f:a": {} } },
  }];
  const own = record({ a: "1" }, {
    live: one as unknown as JsonObject,
    sent,
  });
  assert.deepEqual(fieldsOf(own), { sent: { "f:a": {} } });
});

Deno.test("an untracked object stays untracked", () => {
  const live = {
    apiVersion,
    kind: "ConfigMap",
    metadata: { name: "x", uid: "u" },
    data: { a: "1" },
  };
  assert.deepEqual(record({ a: "2" }, { live }).metadata.managedFields, []);
});

Deno.test("the oldest of more than ten updaters are summed up", () => {
  let live: ReturnType<typeof record> | undefined;
  const data: Record<string, string> = {};
  for (let i = 0; i < 14; i++) {
    data[`k${i}`] = "1";
    live = record({ ...data }, {
      manager: `m${i}`,
      live: live as unknown as JsonObject,
      seconds: i,
    });
  }
  const entries = live!.metadata.managedFields;
  assert.equal(entries.length, 10);
  assert.equal(entries[0]!.manager, "ancient-changes");
  assert.deepEqual(Object.keys(entries[0]!.fieldsV1["f:data"]!), [
    ".",
    "f:k0",
    "f:k1",
    "f:k2",
    "f:k3",
    "f:k4",
  ]);
  assert.deepEqual(
    entries.slice(1).map((e) => e.manager),
    ["m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12", "m13"],
  );
});
