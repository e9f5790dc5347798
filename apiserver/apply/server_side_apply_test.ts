import assert from "node:assert/strict";
import { StatusError } from "../errors.ts";
import type { JsonObject, KubeObject, Schema } from "../types.ts";
import { serverSideApply, updateManagedFields } from "./mod.ts";

const apiVersion = "t.example.com/v1";
const now = new Date("2026-01-02T03:04:05.678Z");
const later = new Date("2026-01-02T04:00:00Z");

const schema: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "integer" },
        b: { type: "integer" },
        set: {
          type: "array",
          items: { type: "string" },
          "x-kubernetes-list-type": "set",
        },
        atomic: { type: "array", items: { type: "integer" } },
        map: { type: "object", additionalProperties: { type: "string" } },
        atomicMap: {
          type: "object",
          additionalProperties: { type: "string" },
          "x-kubernetes-map-type": "atomic",
        },
        ports: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["port", "protocol"],
          items: {
            type: "object",
            required: ["port"],
            properties: {
              port: { type: "integer" },
              protocol: { type: "string", default: "TCP" },
              name: { type: "string" },
              comment: { type: "string" },
            },
          },
        },
      },
    },
    status: {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    },
  },
};

interface Options {
  force?: boolean;
  at?: Date;
  subresource?: string;
  of?: Schema | undefined;
}

function apply(
  live: KubeObject | undefined,
  manager: string,
  fields: JsonObject,
  { force, at = now, subresource, of = schema }: Options = {},
): KubeObject {
  const patch = { apiVersion, kind: "T", metadata: { name: "x" }, ...fields };
  return serverSideApply({
    live,
    patch,
    manager,
    force,
    apiVersion,
    subresource,
    schema: of,
    now: at,
  });
}

function update(
  live: KubeObject | undefined,
  manager: string,
  object: JsonObject,
  { at = now, subresource }: Options = {},
): KubeObject {
  const updated = {
    apiVersion,
    kind: "T",
    metadata: { name: "x" },
    ...object,
  } as unknown as KubeObject;
  const managedFields = updateManagedFields({
    live,
    updated,
    manager,
    apiVersion,
    subresource,
    schema,
    now: at,
  });
  return { ...updated, metadata: { ...updated.metadata, managedFields } };
}

/** Who owns what, as `manager/operation: fields`. */
function owners(object: KubeObject): Record<string, JsonObject> {
  return Object.fromEntries(
    (object.metadata.managedFields ?? []).map((e) => [
      `${e.manager}/${e.operation}${e.subresource ? `/${e.subresource}` : ""}`,
      e.fieldsV1,
    ]),
  );
}

function statusOf(run: () => unknown): StatusError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  assert.fail("nothing was thrown");
}

Deno.test("apply owns what it sets, but not names and versions", () => {
  const object = apply(undefined, "a", {
    metadata: { name: "x", namespace: "n", labels: { l: "1" } },
    spec: {
      a: 1,
      set: ["p", "q"],
      atomic: [1],
      map: { k: "v" },
      atomicMap: { k: "v" },
      ports: [{ port: 80, name: "http" }],
    },
  });
  assert.deepEqual(object.metadata.managedFields, [{
    apiVersion,
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:labels": { "f:l": {} } },
      "f:spec": {
        "f:a": {},
        "f:atomic": {},
        "f:atomicMap": {},
        "f:map": { "f:k": {} },
        "f:ports": {
          'k:{"port":80,"protocol":"TCP"}': {
            ".": {},
            "f:name": {},
            "f:port": {},
          },
        },
        "f:set": { 'v:"p"': {}, 'v:"q"': {} },
      },
    },
    manager: "a",
    operation: "Apply",
    time: "2026-01-02T03:04:05Z",
  }]);
});

Deno.test("a field of another manager is a conflict that names both", () => {
  const live = update(undefined, "kubectl-edit", { spec: { a: 1, b: 1 } });
  const one = statusOf(() => apply(live, "me", { spec: { a: 2 } }));
  assert.equal(one.code, 409);
  assert.equal(
    one.message,
    'Apply failed with 1 conflict: conflict with "kubectl-edit" using t.example.com/v1: .spec.a',
  );
  assert.deepEqual(one.details, {
    causes: [{
      reason: "FieldManagerConflict",
      message: 'conflict with "kubectl-edit" using t.example.com/v1',
      field: ".spec.a",
    }],
  });
  const applied = apply(live, "other", { spec: { ports: [{ port: 1 }] } });
  const several = statusOf(() =>
    apply(applied, "me", {
      spec: { a: 2, b: 2, ports: [{ port: 1, name: "x" }] },
    })
  );
  assert.equal(
    several.message,
    'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using t.example.com/v1:\n- .spec.a\n- .spec.b',
  );
});

Deno.test("the same value is shared, and force takes a field over", () => {
  const live = apply(undefined, "one", { spec: { a: 1, b: 1 } });
  const shared = apply(live, "two", { spec: { a: 1 } });
  assert.deepEqual(owners(shared), {
    "one/Apply": { "f:spec": { "f:a": {}, "f:b": {} } },
    "two/Apply": { "f:spec": { "f:a": {} } },
  });
  const forced = apply(live, "two", { spec: { a: 2 } }, { force: true });
  assert.equal(forced.spec.a, 2);
  assert.deepEqual(owners(forced), {
    "one/Apply": { "f:spec": { "f:b": {} } },
    "two/Apply": { "f:spec": { "f:a": {} } },
  });
});

Deno.test("what is no longer applied goes, unless somebody else owns it", () => {
  const live = apply(undefined, "one", {
    spec: {
      a: 1,
      b: 1,
      map: { k: "v", l: "w" },
      set: ["p", "q"],
      ports: [{ port: 80 }, { port: 81 }],
    },
  });
  const shared = apply(live, "two", { spec: { b: 1, map: { l: "w" } } });
  const less = apply(shared, "one", { spec: { set: ["q"], ports: [] } });
  assert.deepEqual(less.spec, { b: 1, map: { l: "w" }, set: ["q"] });
});

Deno.test("a list item goes with the manager that made it, a map key stays with its owner", () => {
  const live = apply(undefined, "one", {
    spec: { map: { k: "v" }, ports: [{ port: 80, name: "a" }] },
  });
  const edited = update(live, "edit", {
    spec: {
      map: { k: "v", l: "mine" },
      ports: [{ port: 80, protocol: "TCP", name: "a", comment: "mine" }],
    },
    metadata: live.metadata as unknown as JsonObject,
  });
  const without = apply(edited, "one", { spec: {} });
  assert.deepEqual(without.spec, { map: { l: "mine" } });
});

Deno.test("an apply that changes nothing keeps its time", () => {
  const live = apply(undefined, "one", { spec: { a: 1 } });
  const again = apply(live, "one", { spec: { a: 1 } }, { at: later });
  assert.deepEqual(again, live);
  const changed = apply(live, "one", { spec: { a: 2 } }, { at: later });
  assert.equal(
    changed.metadata.managedFields![0]!.time,
    "2026-01-02T04:00:00Z",
  );
});

Deno.test("lists keep the order of the applied configuration around others' items", () => {
  const live = apply(undefined, "one", {
    spec: { ports: [{ port: 1 }, { port: 2 }, { port: 3 }] },
  });
  const more = apply(live, "two", {
    spec: { ports: [{ port: 3 }, { port: 9 }, { port: 1 }] },
  });
  assert.deepEqual(
    more.spec.ports.map((p: { port: number }) => p.port),
    [2, 3, 9, 1],
  );
});

Deno.test("status belongs to its subresource and the rest to the object", () => {
  const live = apply(undefined, "one", { spec: { a: 1 }, status: { s: 1 } });
  assert.deepEqual(owners(live), { "one/Apply": { "f:spec": { "f:a": {} } } });
  const status = apply(live, "ctl", { spec: { b: 1 }, status: { s: 2 } }, {
    subresource: "status",
  });
  assert.deepEqual(owners(status)["ctl/Apply/status"], {
    "f:status": { "f:s": {} },
  });
  const error = statusOf(() =>
    apply(status, "you", { status: { s: 3 } }, { subresource: "status" })
  );
  assert.equal(
    error.message,
    'Apply failed with 1 conflict: conflict with "ctl" with subresource "status": .status.s',
  );
});

Deno.test("without a schema maps are merged and lists replaced", () => {
  const live = serverSideApply({
    patch: { apiVersion, kind: "T", metadata: { name: "x" }, data: { a: "1" } },
    manager: "one",
    apiVersion,
    now,
  });
  const more = serverSideApply({
    live,
    patch: {
      apiVersion,
      kind: "T",
      metadata: { name: "x" },
      data: { b: "2", list: [{ c: 1 }] },
    },
    manager: "two",
    apiVersion,
    now,
  });
  assert.deepEqual(more.data, { a: "1", b: "2", list: [{ c: 1 }] });
  assert.deepEqual(owners(more)["two/Apply"], {
    "f:data": { ".": {}, "f:b": {}, "f:list": {} },
  });
});

Deno.test("an object that nobody tracked belongs to before-first-apply", () => {
  const live = {
    apiVersion,
    kind: "T",
    metadata: { name: "x" },
    spec: { a: 1 },
  } as unknown as KubeObject;
  const error = statusOf(() => apply(live, "me", { spec: { a: 2 } }));
  assert.match(error.message, /conflict with "before-first-apply" using/);
});

Deno.test("kubectl takes over what its client-side apply set", () => {
  const applied = {
    apiVersion,
    kind: "T",
    metadata: { name: "x", annotations: {} },
    spec: { a: 1 },
  };
  const annotations = {
    "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(applied),
  };
  const live = update(undefined, "kubectl-client-side-apply", {
    metadata: { name: "x", annotations },
    spec: { a: 1, b: 1 },
  });
  const taken = apply(live, "kubectl", { spec: { a: 2 } });
  assert.equal(taken.spec.a, 2);
  assert.match(
    taken.metadata.annotations![
      "kubectl.kubernetes.io/last-applied-configuration"
    ]!,
    /"spec":\{"a":2\}/,
  );
  const error = statusOf(() => apply(live, "kubectl", { spec: { b: 2 } }));
  assert.equal(error.code, 409);
  assert.equal(statusOf(() => apply(live, "me", { spec: { a: 2 } })).code, 409);
});

Deno.test("patches that cannot be applied are refused", () => {
  const refused = (fields: JsonObject, pattern: RegExp) => {
    const error = statusOf(() => apply(undefined, "me", fields));
    assert.match(error.message, pattern);
    assert.equal(error.code, 400);
  };
  refused(
    { spec: { ports: [{ port: 1 }, { port: 1, protocol: "TCP" }] } },
    /duplicate entries for key \[port=1,protocol="TCP"\]/,
  );
  refused({ spec: { c: 1 } }, /\.spec\.c: field not declared in schema/);
  refused({ spec: { a: "1" } }, /\.spec\.a: expected numeric/);
  refused(
    {
      spec: {
        ports: [{ port: 1, no: 1 }, { port: 2, protocol: 3 }],
        atomic: [1, "x"],
        a: "1",
        c: 1,
      },
      metadata: { labels: { l: 1 } },
    },
    new RegExp(
      [
        "errors:",
        "  \\.metadata\\.labels\\.l: expected string, .*",
        '  \\.spec\\.ports\\[port=1,protocol="TCP"\\]\\.no: field not declared in schema',
        "  \\.spec\\.ports\\[port=2,protocol=3\\]\\.protocol: expected string, .*",
        "  \\.spec\\.atomic\\[1\\]: expected numeric .*",
        "  \\.spec\\.a: expected numeric .*",
        "  \\.spec\\.c: field not declared in schema",
      ].join("\\n") + "$",
    ),
  );
  refused(
    { apiVersion: "t.example.com/v2", kind: "T" },
    /invalid object type: t\.example\.com\/v2, Kind=T$/,
  );
  refused({ apiVersion: "v1", kind: "T" }, /type: \/v1, Kind=T$/);
  refused({ apiVersion: undefined, kind: undefined }, /type: \/, Kind=$/);
  refused(
    { metadata: { name: "x", managedFields: [] } },
    /managedFields must be nil/,
  );
});
