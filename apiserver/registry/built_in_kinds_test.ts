import assert from "node:assert/strict";
import {
  type TestClient,
  widget,
  widgetCrd,
  withServer,
} from "../test_client.ts";
import type { JsonObject } from "../types.ts";

const CORE = "/api/v1/namespaces/default";
const MAPS = `${CORE}/configmaps`;
const ACCOUNTS = `${CORE}/serviceaccounts`;
const ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

function named(name: string, rest: JsonObject = {}): JsonObject {
  return { metadata: { name }, ...rest };
}

function deployment(name: string, container: JsonObject): JsonObject {
  return named(name, {
    spec: {
      selector: { matchLabels: { app: "x" } },
      template: {
        metadata: { labels: { app: "x" } },
        spec: { containers: [{ name: "a", image: "i", ...container }] },
      },
    },
  });
}

function apply(
  api: TestClient,
  path: string,
  { manager, body }: { manager: string; body: JsonObject },
) {
  return api.send("PATCH", `${path}?fieldManager=${manager}`, {
    body,
    type: "application/apply-patch+yaml",
  });
}

Deno.test("built-in kinds leave out lists and maps that hold nothing, as Go writes them", async () => {
  await withServer(async (api) => {
    const { body: made } = await api.post(
      MAPS,
      named("a", { data: {}, binaryData: {} }),
    );
    assert.equal(made.data, undefined);
    assert.equal(made.binaryData, undefined);
    assert.equal(made.metadata.managedFields, undefined, "nothing is owned");

    const { body: patched } = await api.patch(`${MAPS}/a`, "merge", {
      data: { k: null },
    });
    assert.equal(
      patched.metadata.resourceVersion,
      made.metadata.resourceVersion,
    );
    const { body: applied } = await apply(api, `${MAPS}/b`, {
      manager: "one",
      body: {
        apiVersion: "v1",
        kind: "ConfigMap",
        ...named("b", { data: {} }),
      },
    });
    assert.equal(applied.data, undefined);
    assert.deepEqual(applied.metadata.managedFields[0].fieldsV1, {
      "f:data": {},
    });
    const { body: role } = await api.post(ROLES, named("a", { rules: [] }));
    assert.deepEqual(role.rules, [], "which Go writes always");
  });
});

Deno.test("nobody owns the parts of a built-in kind that Go writes always, only what is set in them", async () => {
  await withServer(async (api) => {
    const owned = async (path: string, body: JsonObject) => {
      const { code, body: made } = await api.post(path, body);
      assert.equal(code, 201, JSON.stringify(made));
      return made.metadata.managedFields?.[0].fieldsV1;
    };
    assert.deepEqual(
      await owned(LEASES, named("a", { spec: { holderIdentity: "me" } })),
      { "f:spec": { "f:holderIdentity": {} } },
    );
    assert.equal(await owned(LEASES, named("b", { spec: {} })), undefined);
    assert.deepEqual(
      await owned(`${CORE}/events`, {
        ...named("a"),
        involvedObject: { namespace: "default" },
        source: {},
        firstTimestamp: null,
        reportingComponent: "",
      }),
      { "f:involvedObject": {} },
    );
    const pod = { containers: [{ name: "a", resources: {} }] };
    assert.deepEqual(
      await owned(`${CORE}/pods`, named("a", { spec: pod })),
      {
        "f:spec": {
          "f:containers": {
            'k:{"name":"a"}': { ".": {}, "f:name": {}, "f:resources": {} },
          },
        },
      },
    );
    const { body: patched } = await api.send("PATCH", `${CORE}/pods/a/status`, {
      body: { status: { phase: "Running" } },
      type: "application/merge-patch+json",
      headers: { "user-agent": "node/1" },
    });
    assert.deepEqual(
      patched.metadata.managedFields.find((entry: JsonObject) =>
        entry.subresource === "status"
      ).fieldsV1,
      { "f:status": { "f:phase": {} } },
    );
  }, { builtins: "all" });
});

Deno.test("an empty list of managedFields gives up what is owned of built-in kinds, not of custom resources", async () => {
  await withServer(async (api) => {
    assert.equal((await api.post(CRDS, widgetCrd())).code, 201);
    const { body: made } = await api.post(WIDGETS, widget("a"));
    const { managedFields } = made.metadata;
    assert.equal(managedFields.length, 1);
    const { metadata, ...rest } = made;
    const { body: put } = await api.put(`${WIDGETS}/a`, {
      ...rest,
      metadata: { ...metadata, managedFields: [] },
    });
    assert.deepEqual(put.metadata.managedFields, managedFields);
    const reset = (path: string, entries: JsonObject[]) =>
      api.patch(path, "merge", { metadata: { managedFields: entries } });
    const { body: patched } = await reset(`${WIDGETS}/a`, []);
    assert.deepEqual(patched.metadata.managedFields, managedFields);
    const { body: gone } = await reset(`${WIDGETS}/a`, [{}]);
    assert.equal(gone.metadata.managedFields, undefined);

    await api.post(MAPS, named("a", { data: { k: "v" } }));
    const { body: map } = await reset(`${MAPS}/a`, []);
    assert.equal(map.metadata.managedFields, undefined);
  });
});

Deno.test("a Lease is replaced only by who says which state of it", async () => {
  await withServer(async (api) => {
    const lease = named("a", { spec: { holderIdentity: "one" } });
    const { body: made } = await api.post(LEASES, lease);
    const blind = await api.put(`${LEASES}/a`, lease);
    assert.equal(blind.code, 422, JSON.stringify(blind.body));
    assert.equal(
      blind.body.message,
      'leases.coordination.k8s.io "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
    assert.equal((await api.put(`${LEASES}/a`, made)).code, 200);
    // A ConfigMap may be replaced blindly.
    await api.post(MAPS, named("a"));
    assert.equal((await api.put(`${MAPS}/a`, named("a"))).code, 200);
  });
});

Deno.test("a deletion answers the object for the kinds of which Kubernetes does", async () => {
  await withServer(async (api) => {
    await api.post(ACCOUNTS, named("a"));
    await api.post(MAPS, named("a"));
    const account = await api.delete(`${ACCOUNTS}/a`);
    assert.deepEqual([account.code, account.body.kind], [
      200,
      "ServiceAccount",
    ]);
    assert.equal(account.body.metadata.name, "a");
    const map = await api.delete(`${MAPS}/a`);
    assert.deepEqual([map.code, map.body.kind], [200, "Status"]);
  });
});

Deno.test("what may stand in a list twice is taken", async () => {
  await withServer(async (api) => {
    const twice = (item: JsonObject) => [item, item];
    const repeated: JsonObject = {
      env: [{ name: "A", value: "1" }, { name: "A", value: "2" }],
      ports: twice({ containerPort: 80, protocol: "TCP" }),
    };
    const made = await api.post(DEPLOYMENTS, deployment("a", repeated));
    assert.equal(made.code, 201, JSON.stringify(made.body));
    assert.deepEqual(
      made.body.spec.template.spec.containers[0].env,
      repeated.env,
    );
    const mounts = await api.post(
      DEPLOYMENTS,
      deployment("b", { volumeMounts: twice({ name: "v", mountPath: "/a" }) }),
    );
    assert.equal(mounts.code, 422, "mounts of one path are refused");

    const secrets = [{ name: "a", kind: "Secret" }, { name: "a" }];
    const account = await api.post(ACCOUNTS, named("a", { secrets }));
    assert.equal(account.code, 201, JSON.stringify(account.body));
    assert.deepEqual(account.body.secrets, twice({ name: "a" }));

    const finalizers = ["a.b/c", "a.b/c"];
    const held = await api.post(MAPS, { metadata: { name: "a", finalizers } });
    assert.equal(held.code, 201, JSON.stringify(held.body));
  }, { builtins: "all" });
});

Deno.test("owner references that are alike are kept once, with a warning", async () => {
  await withServer(async (api) => {
    const owner = { apiVersion: "x.y/v1", kind: "N", name: "n", uid: "1" };
    const other = { ...owner, name: "m" };
    const { code, body, headers } = await api.post(MAPS, {
      metadata: { name: "a", ownerReferences: [owner, owner, other] },
    });
    assert.equal(code, 201, JSON.stringify(body));
    assert.deepEqual(body.metadata.ownerReferences, [owner, other]);
    assert.match(
      headers.get("warning") ?? "",
      /ownerReferences contains duplicate entries;.* observed: 1"/,
    );
  });
});

Deno.test("a strategic patch takes a new list as it is, though a merge key repeats", async () => {
  await withServer(async (api) => {
    await api.post(DEPLOYMENTS, deployment("a", {}));
    const ports = [
      { containerPort: 53, protocol: "TCP" },
      { containerPort: 53, protocol: "UDP" },
    ];
    const containers = [{ name: "a", ports }];
    const { body } = await api.patch(`${DEPLOYMENTS}/a`, "strategic", {
      spec: { template: { spec: { containers } } },
    });
    assert.deepEqual(body.spec.template.spec.containers[0].ports, ports);
  }, { builtins: "all" });
});

Deno.test("labels that are applied to the status of a built-in kind have an owner", async () => {
  await withServer(async (api) => {
    const { body } = await apply(api, "/api/v1/namespaces/default/status", {
      manager: "one",
      body: {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "default", labels: { l: "1" } },
      },
    });
    assert.equal(body.metadata.labels.l, "1", JSON.stringify(body));
    const mine = body.metadata.managedFields.find(
      ({ manager }: JsonObject) => manager === "one",
    );
    assert.equal(mine.subresource, "status");
    assert.deepEqual(mine.fieldsV1, {
      "f:metadata": { "f:labels": { "f:l": {} } },
    });
  });
});
