import assert from "node:assert/strict";
import {
  eventually,
  refused,
  widget,
  widgetCrd,
  withServer,
} from "../test_client.ts";
import type { JsonObject } from "../types.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const CRD = `${CRDS}/widgets.example.com`;
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

Deno.test("CRD: its resource is there with the answer that creates it, and gone with its deletion", async () => {
  await withServer(async (api) => {
    assert.equal((await api.get(WIDGETS)).code, 404);
    await api.post(CRDS, widgetCrd());
    assert.equal((await api.get(WIDGETS)).code, 200);
    const crd = await eventually(async () => {
      const { body } = await api.get(CRD);
      return body.status.conditions.length === 2 && body;
    });
    assert.deepEqual(
      crd.status.conditions.map((c: JsonObject) => `${c.type} ${c.status}`),
      ["NamesAccepted True", "Established True"],
    );
    assert.deepEqual(crd.status.storedVersions, ["v1"]);
    assert.equal(crd.spec.names.listKind, "WidgetList");
    await api.delete(CRD);
    await eventually(async () => (await api.get(WIDGETS)).code === 404);
    assert.equal((await api.get(CRD)).code, 404);
  });
});

Deno.test("CRD: deletion waits for instances, deletes them, and lets no new ones in", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    await api.post(WIDGETS, widget("free"));
    await api.post(WIDGETS, {
      ...widget("held"),
      metadata: { name: "held", finalizers: ["example.com/hold"] },
    });
    const { body } = await api.delete(CRD);
    assert.deepEqual(body.metadata.finalizers, [
      "customresourcecleanup.apiextensions.k8s.io",
    ]);
    await eventually(async () =>
      (await api.get(`${WIDGETS}/free`)).code === 404
    );
    const late = await api.post(WIDGETS, widget("late"));
    assert.equal(late.code, 403);
    assert.match(late.body.message, /definition is terminating/);
    await api.patch(`${WIDGETS}/held`, "merge", {
      metadata: { finalizers: null },
    });
    await eventually(async () => (await api.get(CRD)).code === 404);
  });
});

Deno.test("CRD: names that another one holds are not accepted until they are free", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    const other = structuredClone(widgetCrd()) as
      & { spec: JsonObject }
      & JsonObject;
    other.metadata = { name: "gadgets.example.com" };
    other.spec.names = {
      plural: "gadgets",
      kind: "Gadget",
      shortNames: ["wd"],
    };
    await api.post(CRDS, other);
    const path = `${CRDS}/gadgets.example.com`;
    const accepted = async (status: string) => {
      const { body } = await api.get(path);
      return body.status.conditions.find((c: JsonObject) =>
        c.type === "NamesAccepted" && c.status === status
      );
    };
    const condition = await eventually(() => accepted("False"));
    assert.equal(condition.reason, "ShortNamesConflict");
    assert.equal(condition.message, '"wd" is already in use');
    const gadgets = "/apis/example.com/v1/gadgets";
    assert.equal((await api.get(gadgets)).code, 404);
    await api.delete(CRD);
    await eventually(() => accepted("True"));
    assert.equal((await api.get(gadgets)).code, 200);
  });
});

Deno.test("CRD: several versions show the same objects, and remember which were stored", async () => {
  await withServer(async (api) => {
    const crd = widgetCrd() as
      & { spec: { versions: JsonObject[] } }
      & JsonObject;
    const [v1] = crd.spec.versions;
    crd.spec.versions.push({
      ...v1,
      name: "v2beta1",
      storage: false,
      deprecated: true,
    });
    await api.post(CRDS, crd);
    await api.post(WIDGETS, widget("a", { size: 1 }));
    const beta = "/apis/example.com/v2beta1/namespaces/default/widgets";
    const read = await api.get(`${beta}/a`);
    assert.equal(read.body.apiVersion, "example.com/v2beta1");
    assert.equal(
      read.headers.get("warning"),
      '299 - "example.com/v2beta1 Widget is deprecated; use example.com/v1 Widget"',
    );
    const watch = await api.watch(`${beta}?watch=1`);
    assert.equal(
      (await watch.next()).object.apiVersion,
      "example.com/v2beta1",
    );
    await api.patch(`${beta}/a`, "merge", { spec: { size: 2 } });
    assert.equal((await watch.next()).object.spec.size, 2);
    assert.equal(
      (await api.get(`${WIDGETS}/a`)).body.apiVersion,
      "example.com/v1",
    );
    await watch.stop();

    const { body } = await api.get("/apis/example.com");
    assert.equal(body.preferredVersion.version, "v1");
    const switched = await api.patch(CRD, "json", [
      { op: "replace", path: "/spec/versions/0/storage", value: false },
      { op: "replace", path: "/spec/versions/1/storage", value: true },
    ]);
    assert.deepEqual(switched.body.status.storedVersions, ["v1", "v2beta1"]);
    const dropped = await api.patch(CRD, "json", [
      { op: "remove", path: "/spec/versions/0" },
    ]);
    assert.equal(dropped.code, 422);
    assert.match(dropped.body.message, /status.storedVersions\[0\]/);
    assert.equal((await api.get(`${WIDGETS}/a`)).body.spec.size, 2);
  });
});

Deno.test("CRD: a new schema counts from the next write on", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    await api.post(WIDGETS, widget("a", { size: 7 }));
    await api.patch(CRD, "json", [{
      op: "replace",
      path:
        "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/maximum",
      value: 5,
    }]);
    const { code, body } = await api.post(WIDGETS, widget("b", { size: 7 }));
    assert.equal(code, 422);
    assert.match(body.message, /less than or equal to 5/);
  });
});

Deno.test("CRD: what is stored is read by the schema of today", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    await api.post(WIDGETS, widget("a", { size: 3 }));
    const properties =
      "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
    await api.patch(CRD, "json", [
      {
        op: "add",
        path: `${properties}/weight`,
        value: { type: "integer", default: 5 },
      },
      { op: "remove", path: `${properties}/size` },
    ]);
    const { body } = await api.get(`${WIDGETS}/a`);
    assert.deepEqual(body.spec, { color: "red", weight: 5 });
    const { body: list } = await api.get(WIDGETS);
    assert.deepEqual(list.items[0].spec, { color: "red", weight: 5 });
    assert.equal(list.items[0].metadata.uid, body.metadata.uid);
  });
});

Deno.test("CRD: a schema that is not structural, or no storage version, is refused", async () => {
  await withServer(async (api) => {
    const bare = await api.post(
      CRDS,
      widgetCrd({
        schema: {
          openAPIV3Schema: { type: "object", properties: { spec: {} } },
        },
        storage: false,
      }),
    );
    assert.equal(bare.code, 422);
    const fields = bare.body.details.causes.map((c: JsonObject) => c.field);
    assert.ok(fields.includes("spec.versions"));
    assert.ok(
      fields.some((f: string) =>
        f.includes("openAPIV3Schema.properties[spec]")
      ),
    );
  });
});

Deno.test("CRD: beside a status of its own, the root of a schema joins nothing of it to the rest", async () => {
  await withServer(async (api) => {
    const create = (status: boolean, root: JsonObject) =>
      api.post(
        `${CRDS}?dryRun=All`,
        widgetCrd({
          subresources: status ? { status: {} } : {},
          selectableFields: [],
          schema: { openAPIV3Schema: { type: "object", ...root } },
        }),
      );
    const root = { oneOf: [{ required: ["spec"] }, { required: ["status"] }] };
    refused(
      await create(true, root),
      422,
      /openAPIV3Schema: Invalid value: .*: only \[Description Type .*\] fields are allowed at the root of the schema if the status subresource is enabled/,
    );
    assert.equal((await create(false, root)).code, 201);
    const rules = { "x-kubernetes-validations": [{ rule: "true" }] };
    const fine = { description: "x", required: ["spec"], ...rules };
    assert.equal((await create(true, fine)).code, 201);
    // As the Java client sends it.
    refused(
      await create(false, { dependencies: {} }),
      422,
      /dependencies: Forbidden: dependencies is not supported/,
    );
  });
});

Deno.test("CRD: definitions and objects are served again after a restart", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await withServer(async (api) => {
      await api.post(CRDS, widgetCrd());
      await api.post(WIDGETS, widget("a", { size: 3 }));
    }, { dataDir });
    await withServer(async (api) => {
      assert.equal((await api.get(`${WIDGETS}/a`)).body.spec.size, 3);
    }, { dataDir });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("CRD: embedded objects have the metadata of objects, and a patch may not change the kind", async () => {
  const template = {
    type: "object",
    "x-kubernetes-embedded-resource": true,
    "x-kubernetes-preserve-unknown-fields": true,
  };
  const spec = { type: "object", properties: { template } };
  const schema = {
    openAPIV3Schema: { type: "object", properties: { spec } },
  };
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd({ schema, selectableFields: [] }));
    const post = (template: JsonObject) =>
      api.post(WIDGETS, widget("a", { template }));
    const pod = { apiVersion: "v1", kind: "Pod" };
    const unread: [JsonObject, RegExp][] = [
      [{ ...pod, kind: 1 }, /spec\.template\.kind: .* must be a string/],
      [
        { ...pod, metadata: { labels: { a: 1 } } },
        /spec\.template\.metadata: .* Go struct field ObjectMeta\.labels of type string/,
      ],
    ];
    for (const [wrong, why] of unread) refused(await post(wrong), 400, why);
    const invalid: [JsonObject, RegExp][] = [
      [{ ...pod, apiVersion: "a/b/c" }, /unexpected GroupVersion string/],
      [{ ...pod, kind: "No Kind" }, /template\.kind: .* may have mixed case/],
      [
        { ...pod, metadata: { labels: { "a b": "c" } } },
        /spec\.template\.metadata\.labels: Invalid value: "a b"/,
      ],
      [
        { ...pod, metadata: { ownerReferences: [{ apiVersion: "v1" }] } },
        /template\.metadata\.ownerReferences\[0\]\.uid: Required value/,
      ],
    ];
    for (const [wrong, why] of invalid) refused(await post(wrong), 422, why);
    const metadata = { name: "p", creationTimestamp: null, labels: {} };
    const made = await post({ ...pod, metadata });
    assert.deepEqual(made.body.spec.template, {
      ...pod,
      metadata: { name: "p" },
    });
    refused(
      await api.patch(`${WIDGETS}/a`, "merge", { kind: "Gadget" }),
      422,
      /^Gadget\.example\.com "a" is invalid: kind: .* must be Widget$/,
    );
    refused(
      await api.patch(`${WIDGETS}/a`, "merge", { metadata: { labels: [] } }),
      422,
      /^ "" is invalid: patch: /,
    );
  });
});

Deno.test("CRD: what is read has the defaults of the version in which it is stored", async () => {
  const version = (name: string, own: JsonObject) => ({
    name,
    served: true,
    storage: name === "v1",
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: {
            type: "object",
            properties: { size: { type: "integer", default: 1 }, ...own },
          },
        },
      },
    },
  });
  const crd = widgetCrd();
  (crd.spec as JsonObject).versions = [
    version("v1", { color: { type: "string", default: "red" } }),
    version("v2", { colour: { type: "string", default: "blue" } }),
  ];
  await withServer(async (api) => {
    await api.post(CRDS, crd);
    const created = await api.post(WIDGETS, widget("a"));
    assert.deepEqual(created.body.spec, { size: 1, color: "red" });
    const path = WIDGETS.replace("/v1/", "/v2/");
    const read = await api.get(`${path}/a`);
    assert.deepEqual(read.body.spec, { size: 1 });
    const own = { ...widget("b", { colour: "green" }) };
    const other = { ...own, apiVersion: "example.com/v2" };
    assert.deepEqual((await api.post(path, other)).body.spec, { size: 1 });
  });
});

Deno.test("CRD: scale of an object that has no replicas is an error, and can be written", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    await api.post(WIDGETS, widget("a"));
    refused(
      await api.get(`${WIDGETS}/a/scale`),
      400,
      /the spec replicas field "\.spec\.size" does not exist/,
    );
    const scale = { spec: { replicas: 2 } };
    const patched = await api.patch(`${WIDGETS}/a/scale`, "merge", scale);
    assert.equal(patched.body.spec.replicas, 2);
    assert.equal((await api.get(`${WIDGETS}/a/scale`)).code, 200);
  });
});

Deno.test("CRD: formats that nobody checks are warned of once, and conditions that a client took away come back", async () => {
  const spec = (...formats: string[]) => ({
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: Object.fromEntries(
          formats.map((format, i) => [`f${i}`, { type: "string", format }]),
        ),
      },
    },
    selectableFields: [],
  });
  await withServer(async (api) => {
    const made = await api.post(CRDS, widgetCrd(spec("shoe", "date", "shoe")));
    const warning = (headers: Headers) => headers.get("warning");
    assert.equal(
      warning(made.headers),
      '299 - "unrecognized format \\"shoe\\""',
    );
    const { versions } = widgetCrd(spec("shoe", "hat")).spec as JsonObject;
    const update = { spec: { versions } };
    const { headers } = await api.patch(CRD, "merge", update);
    assert.equal(warning(headers), '299 - "unrecognized format \\"hat\\""');
    const none = { status: { conditions: [] } };
    assert.equal((await api.patch(`${CRD}/status`, "merge", none)).code, 200);
    await eventually(async () => {
      const { body } = await api.get(CRD);
      return body.status.conditions?.length === 2;
    });
  });
});

Deno.test("CRD: watches of its resource end where what it says of it changes, and with it", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    const watched = async () => {
      const watch = await api.watch(`${WIDGETS}?watch=1`);
      return async () => {
        const seen: string[] = [];
        for (let event; (event = await watch.next());) {
          seen.push(`${event.type} ${event.object.metadata.name}`);
        }
        return seen;
      };
    };
    const before = await watched();
    await api.post(WIDGETS, widget("a"));
    // Neither its labels nor its status are what the resource is made of.
    await api.patch(CRD, "merge", { metadata: { labels: { a: "b" } } });
    await eventually(async () =>
      (await api.get(CRD)).body.status.conditions.length === 2
    );
    await api.post(WIDGETS, widget("b"));
    await api.patch(CRD, "json", [{
      op: "add",
      path: "/spec/names/shortNames",
      value: ["wdg"],
    }]);
    assert.deepEqual(await before(), ["ADDED a", "ADDED b"]);
    const after = await watched();
    await api.delete(CRD);
    const seen = await after();
    assert.deepEqual(seen.slice(0, 2), ["ADDED a", "ADDED b"]);
    assert.deepEqual(seen.slice(2).sort(), ["DELETED a", "DELETED b"]);
  });
});
