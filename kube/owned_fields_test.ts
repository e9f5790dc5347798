import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { deepEqual, isApplied, ownedFields } from "./owned_fields.ts";

/** What `hub` owns of `LIVE`; the rest is the device's. */
const OWNED = {
  "f:status": {
    "f:observedGeneration": {},
    "f:conditions": {
      'k:{"type":"Ready"}': {
        ".": {},
        "f:type": {},
        "f:status": {},
        "f:reason": {},
      },
    },
    "f:names": { 'v:"a"': {}, 'v:"b"': {} },
    "f:device": {},
  },
};

const LIVE = {
  status: {
    observedGeneration: 3,
    conditions: [
      { type: "UpToDate", status: "True", reason: "R" },
      { type: "Ready", status: "True", reason: "R" },
    ],
    names: ["x", "a", "b"],
    device: { os: "linux" },
    revision: "abc",
  },
};

/** What hub applied last. */
function ours() {
  return {
    status: {
      observedGeneration: 3 as number | undefined,
      conditions: [{ type: "Ready", status: "True", reason: "R" }],
      names: ["b", "a"],
      device: { os: "linux" } as Record<string, unknown>,
    },
  };
}

function applied(change: (wanted: ReturnType<typeof ours>) => void): boolean {
  const wanted = ours();
  change(wanted);
  return isApplied(wanted, { live: LIVE, owned: OWNED });
}

Deno.test("isApplied sees that what we said still stands, whatever others say", () => {
  assert.equal(applied(() => {}), true);
});

Deno.test("isApplied sees a value that differs", () => {
  assert.equal(applied((w) => w.status.observedGeneration = 4), false);
  assert.equal(applied((w) => w.status.conditions[0]!.status = "False"), false);
  assert.equal(applied((w) => w.status.device.os = "darwin"), false);
});

Deno.test("isApplied sees what we say for the first time", () => {
  assert.equal(
    applied((w) => Object.assign(w.status, { revision: "abc" })),
    false,
    "as the device says, but not yet ours",
  );
  assert.equal(
    applied((w) =>
      w.status.conditions.push({ type: "Stalled", status: "True", reason: "R" })
    ),
    false,
  );
  assert.equal(applied((w) => w.status.names.push("c")), false);
  assert.equal(applied((w) => w.status.device.arch = "arm64"), false);
});

Deno.test("isApplied sees what we say no more", () => {
  assert.equal(applied((w) => delete w.status.observedGeneration), false);
  assert.equal(applied((w) => w.status.conditions.pop()), false);
  assert.equal(applied((w) => w.status.names.pop()), false);
});

Deno.test("isApplied sees that somebody changed what is ours", () => {
  const live = structuredClone(LIVE);
  live.status.conditions[1]!.reason = "Meddled";
  assert.equal(isApplied(ours(), { live, owned: OWNED }), false);
  live.status.conditions.pop();
  assert.equal(isApplied(ours(), { live, owned: OWNED }), false);
});

Deno.test("isApplied counts an undefined field as left out", () => {
  const wanted = ours();
  Object.assign(wanted.status, { gone: undefined });
  assert.equal(isApplied(wanted, { live: LIVE, owned: OWNED }), true);
});

Deno.test("ownedFields tells managers, operations and subresources apart", () => {
  const entry = (manager: string, operation: "Apply" | "Update") => ({
    manager,
    operation,
    apiVersion: "v1",
    fieldsType: "FieldsV1" as const,
    fieldsV1: { "f:is": { [`f:${manager}${operation}`]: {} } },
  });
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "x",
      managedFields: [
        entry("hub", "Update"),
        entry("hub", "Apply"),
        { ...entry("agent", "Apply"), subresource: "status" },
      ],
    },
  };
  const of = (fieldManager: string, subresource?: string) =>
    ownedFields(object, { fieldManager, subresource });
  assert.deepEqual(of("hub"), { "f:is": { "f:hubApply": {} } });
  assert.equal(of("hub", "status"), undefined);
  assert.equal(of("agent"), undefined);
  assert.notEqual(of("agent", "status"), undefined);
});

Deno.test("deepEqual compares JSON values", () => {
  assert(
    deepEqual({ a: [1, { b: null }] }, { a: [1, { b: null }], c: undefined }),
  );
  assert(!deepEqual([1, 2], [1]));
  assert(!deepEqual({}, []));
  assert(!deepEqual({ a: 1 }, { a: "1" }));
});
