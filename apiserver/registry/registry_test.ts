import assert from "node:assert/strict";
import {
  configMap,
  refused,
  widget,
  withServer,
  withWidgets,
} from "../test_client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

Deno.test("create: fills in what the server sees to, and answers 201", async () => {
  await withServer(async (api) => {
    const { code, body } = await api.post(
      MAPS,
      configMap("a", { k: "v" }, { uid: "mine", generation: 7 }),
    );
    assert.equal(code, 201);
    assert.match(body.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.match(body.metadata.creationTimestamp, /^\d{4}-.*:\d\dZ$/);
    assert.equal(body.metadata.namespace, "default");
    assert.equal(body.metadata.generation, undefined);
    assert.ok(Number(body.metadata.resourceVersion) > 0);
    assert.equal(body.metadata.managedFields[0].manager, "test");
    assert.deepEqual((await api.get(`${MAPS}/a`)).body, body);
  });
});

Deno.test("create: refuses what is taken, misnamed, misplaced or numbered", async () => {
  await withServer(async (api) => {
    await api.post(MAPS, configMap("a"));
    refused(
      await api.post(MAPS, configMap("a")),
      409,
      /^configmaps "a" already exists$/,
    );
    refused(
      await api.post(MAPS, configMap("A_b")),
      422,
      /^ConfigMap "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain/,
    );
    refused(
      await api.post(MAPS, { apiVersion: "v1", kind: "ConfigMap" }),
      422,
      /name or generateName is required/,
    );
    refused(
      await api.post(MAPS, configMap("b", {}, { namespace: "other" })),
      400,
      /namespace of the provided object does not match/,
    );
    refused(
      await api.post(MAPS, configMap("b", {}, { resourceVersion: "5" })),
      400,
      /resourceVersion should not be set/,
    );
    refused(
      await api.post("/api/v1/namespaces/none/configmaps", configMap("b")),
      404,
      /^namespaces "none" not found$/,
    );
    refused(
      await api.post(MAPS, { ...configMap("b"), kind: "Secret" }),
      400,
      /Secret/,
    );
  });
});

Deno.test("create: generateName makes a new name each time", async () => {
  await withServer(async (api) => {
    const names = await Promise.all([1, 2, 3].map(async () => {
      const { body } = await api.post(MAPS, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { generateName: "gen-" },
      });
      return body.metadata.name;
    }));
    assert.equal(new Set(names).size, 3);
    for (const name of names) assert.match(name, /^gen-[a-z0-9]{5}$/);
  });
});

Deno.test("fieldValidation: Strict refuses, Warn warns, Ignore drops", async () => {
  await withServer(async (api) => {
    const odd = { ...configMap("a"), dat: {} };
    refused(
      await api.post(`${MAPS}?fieldValidation=Strict`, odd),
      400,
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat"$/,
    );
    const warned = await api.post(`${MAPS}?fieldValidation=Warn`, odd);
    assert.equal(warned.code, 201);
    assert.equal(
      warned.headers.get("warning"),
      '299 - "unknown field \\"dat\\""',
    );
    assert.equal(warned.body.dat, undefined);
    const ignored = await api.put(`${MAPS}/a?fieldValidation=Ignore`, odd);
    assert.equal(ignored.code, 200);
    assert.equal(ignored.headers.get("warning"), null);
    const twice = '{"apiVersion":"v1","kind":"ConfigMap",' +
      '"metadata":{"name":"b"},"data":{"x":"1","x":"2"}}';
    refused(
      await api.send("POST", `${MAPS}?fieldValidation=Strict`, { body: twice }),
      400,
      /duplicate field "data.x"/,
    );
  });
});

Deno.test("update: an old resourceVersion or another uid is a conflict", async () => {
  await withServer(async (api) => {
    const { body: first } = await api.post(MAPS, configMap("a"));
    const second = await api.put(`${MAPS}/a`, { ...first, data: { x: "1" } });
    assert.equal(second.code, 200);
    refused(
      await api.put(`${MAPS}/a`, { ...first, data: { x: "2" } }),
      409,
      /^Operation cannot be fulfilled on configmaps "a": the object has been modified/,
    );
    refused(
      await api.put(`${MAPS}/a`, configMap("a", {}, { uid: "other" })),
      409,
      /Precondition failed: UID/,
    );
    assert.equal((await api.put(`${MAPS}/a`, configMap("a"))).code, 200);
    refused(await api.put(`${MAPS}/b`, configMap("a")), 404, /not found/);
  });
});

Deno.test("update, patch: an object without a name is refused; apply takes that of the URL where there is one", async () => {
  await withServer(async (api) => {
    const maps = "/api/v1/namespaces/default/configmaps";
    await api.post(maps, configMap("a", { x: "1" }));
    const nameless = { apiVersion: "v1", kind: "ConfigMap", data: { x: "2" } };
    const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    for (
      const answer of [
        await api.put(`${maps}/a`, nameless),
        await api.put(`${maps}/a`, { ...nameless, metadata: {} }),
        await api.patch(`${maps}/a`, "merge", { metadata: { name: null } }),
        await api.put(`${leases}/a`, { metadata: {} }),
        await api.patch(`${maps}/b?fieldManager=x`, "apply", nameless),
        await api.put(`${maps}/b`, nameless),
      ]
    ) {
      assert.equal(answer.code, 400, JSON.stringify(answer.body));
      assert.match(
        answer.body.message,
        /^the name of the object \([ab] based on URL\) was undeterminable: name must be provided$/,
      );
    }
    const applied = await api.patch(
      `${maps}/a?fieldManager=x&force=true`,
      "apply",
      nameless,
    );
    assert.deepEqual([applied.code, applied.body.data], [200, { x: "2" }]);
  });
});

Deno.test("update: one that changes nothing keeps the resourceVersion", async () => {
  await withServer(async (api) => {
    const { body } = await api.post(MAPS, configMap("a", { k: "v" }));
    for (
      const same of [
        await api.put(`${MAPS}/a`, body),
        await api.patch(`${MAPS}/a`, "merge", { data: { k: "v" } }),
      ]
    ) {
      assert.equal(
        same.body.metadata.resourceVersion,
        body.metadata.resourceVersion,
      );
    }
  });
});

Deno.test("dryRun: answers as if, and stores nothing", async () => {
  await withServer(async (api) => {
    const made = await api.post(`${MAPS}?dryRun=All`, configMap("a"));
    assert.equal(made.code, 201);
    assert.equal((await api.get(`${MAPS}/a`)).code, 404);
    await api.post(MAPS, configMap("a", { k: "v" }));
    const patched = await api.patch(`${MAPS}/a?dryRun=All`, "merge", {
      data: { k: "w" },
    });
    assert.equal(patched.body.data.k, "w");
    assert.equal((await api.delete(`${MAPS}/a?dryRun=All`)).code, 200);
    assert.equal((await api.get(`${MAPS}/a`)).body.data.k, "v");
    refused(
      await api.post(`${MAPS}?dryRun=Some`, configMap("b")),
      422,
      /dryRun/,
    );
  });
});

Deno.test("patch: every type does its own thing; custom resources take no strategic one", async () => {
  await withWidgets(async (api) => {
    await api.post(MAPS, configMap("a", { k: "v" }));
    await api.patch(`${MAPS}/a`, "json", [
      { op: "test", path: "/data/k", value: "v" },
      { op: "add", path: "/data/j", value: "1" },
    ]);
    await api.patch(`${MAPS}/a`, "merge", { data: { k: null, m: "2" } });
    const { body } = await api.patch(`${MAPS}/a`, "strategic", {
      metadata: { finalizers: ["a.com/x"] },
      data: { s: "3" },
    });
    assert.deepEqual(body.data, { j: "1", m: "2", s: "3" });
    const { body: more } = await api.patch(`${MAPS}/a`, "strategic", {
      metadata: { finalizers: ["a.com/y"] },
    });
    assert.deepEqual(more.metadata.finalizers.toSorted(), [
      "a.com/x",
      "a.com/y",
    ]);
    refused(
      await api.patch(`${MAPS}/a`, "json", [
        { op: "test", path: "/data/j", value: "no" },
      ]),
      422,
      /rejected our request/,
    );
    await api.post(WIDGETS, widget("w"));
    refused(
      await api.patch(`${WIDGETS}/w`, "strategic", {}),
      415,
      /accepted media types include: application\/json-patch\+json, application\/merge-patch\+json, application\/apply-patch\+yaml$/,
    );
  });
});

Deno.test("patch: concurrent ones all take effect", async () => {
  await withServer(async (api) => {
    await api.post(MAPS, configMap("a"));
    await Promise.all(
      Array.from(
        { length: 30 },
        (_, i) => api.patch(`${MAPS}/a`, "merge", { data: { [`k${i}`]: "1" } }),
      ),
    );
    const { body } = await api.get(`${MAPS}/a`);
    assert.equal(Object.keys(body.data).length, 30);
  });
});

Deno.test("apply: creates, merges, names the manager it conflicts with, takes over by force", async () => {
  await withServer(async (api) => {
    const path = `${MAPS}/a?fieldManager=one`;
    const made = await api.patch(path, "apply", configMap("a", { k: "1" }));
    assert.equal(made.code, 201);
    const other = `${MAPS}/a?fieldManager=two`;
    const clash = await api.patch(other, "apply", configMap("a", { k: "2" }));
    refused(clash, 409, /conflict with "one".*\.data\.k/);
    assert.deepEqual(
      clash.body.details.causes[0].reason,
      "FieldManagerConflict",
    );
    const forced = await api.patch(
      `${other}&force=true`,
      "apply",
      configMap("a", { k: "2", j: "3" }),
    );
    assert.deepEqual(forced.body.data, { k: "2", j: "3" });
    const less = await api.patch(other, "apply", configMap("a", { k: "2" }));
    assert.deepEqual(less.body.data, { k: "2" });
    refused(
      await api.patch(`${MAPS}/a`, "apply", configMap("a")),
      422,
      /fieldManager: Required value/,
    );
  });
});

Deno.test("status: each side of it is written alone, and only the rest counts as generation", async () => {
  await withWidgets(async (api) => {
    const { body: made } = await api.post(WIDGETS, {
      ...widget("w", { size: 1 }),
      status: { ready: 5 },
    });
    assert.equal(made.status, undefined);
    assert.equal(made.metadata.generation, 1);
    assert.equal(made.spec.color, "red");
    const { body: status } = await api.patch(`${WIDGETS}/w/status`, "merge", {
      metadata: { labels: { a: "b" } },
      spec: { size: 9 },
      status: { ready: 2 },
    });
    assert.deepEqual(
      [status.spec.size, status.status.ready, status.metadata.labels],
      [1, 2, undefined],
    );
    assert.equal(status.metadata.generation, 1);
    const { body: spec } = await api.patch(`${WIDGETS}/w`, "merge", {
      spec: { size: 3 },
      status: { ready: 7 },
    });
    assert.deepEqual(
      [spec.spec.size, spec.status.ready, spec.metadata.generation],
      [3, 2, 2],
    );
    const managers = spec.metadata.managedFields.map((
      m: { subresource?: string },
    ) => m.subresource ?? "");
    assert.deepEqual(managers.toSorted(), ["", "status"]);
  });
});

Deno.test("status: what it is by default is there from the first answer on, whatever was sent", async () => {
  const openAPIV3Schema = {
    type: "object",
    properties: {
      spec: { type: "object", properties: { size: { type: "integer" } } },
      status: {
        type: "object",
        properties: { ready: { type: "integer" } },
        default: { ready: -1 },
      },
    },
  };
  const version = { schema: { openAPIV3Schema }, selectableFields: [] };
  await withWidgets(async (api) => {
    const { body: made } = await api.post(WIDGETS, {
      ...widget("w", { size: 1 }),
      status: { ready: 5 },
    });
    assert.deepEqual(made.status, { ready: -1 });
    const { body: read } = await api.get(`${WIDGETS}/w`);
    assert.deepEqual(read, made);
    const { body: applied } = await api.patch(
      `${WIDGETS}/x?fieldManager=a`,
      "apply",
      widget("x", { size: 1 }),
    );
    assert.deepEqual(applied.status, { ready: -1 });
    // Nobody's: whoever writes it first is in nobody's way.
    const { body: reported } = await api.patch(
      `${WIDGETS}/x/status?fieldManager=b`,
      "apply",
      { ...widget("x"), spec: undefined, status: { ready: 2 } },
    );
    assert.deepEqual(reported.status, { ready: 2 });
    const { body: changed } = await api.patch(`${WIDGETS}/x`, "merge", {
      spec: { size: 3 },
      status: null,
    });
    assert.deepEqual(changed.status, { ready: 2 });
  }, version);
});

Deno.test("scale: reads and writes the replicas that the definition points at", async () => {
  await withWidgets(async (api) => {
    await api.post(WIDGETS, widget("w", { size: 2 }));
    const { body: scale } = await api.get(`${WIDGETS}/w/scale`);
    assert.equal(scale.kind, "Scale");
    assert.equal(scale.spec.replicas, 2);
    await api.put(`${WIDGETS}/w/scale`, { ...scale, spec: { replicas: 4 } });
    assert.equal((await api.get(`${WIDGETS}/w`)).body.spec.size, 4);
    refused(
      await api.patch(`${WIDGETS}/w/scale`, "merge", {
        spec: { replicas: 11 },
      }),
      422,
      /spec.size/,
    );
  });
});

Deno.test("custom resources: validation names each field, as causes too", async () => {
  await withWidgets(async (api) => {
    const answer = await api.post(WIDGETS, widget("w", { size: 11, color: 1 }));
    refused(answer, 422, /^Widget.example.com "w" is invalid: \[/);
    assert.deepEqual(
      answer.body.details.causes.map((c: { field: string }) => c.field)
        .filter((f: string) => f.startsWith("spec")).toSorted(),
      ["spec.color", "spec.size"],
    );
    refused(
      await api.put(`${WIDGETS}/w`, widget("w")),
      404,
      /^widgets.example.com "w" not found$/,
    );
  });
});

Deno.test("forms: Table, PartialObjectMetadata, YAML, and 406 for what there is none of", async () => {
  await withWidgets(async (api) => {
    await api.post(WIDGETS, widget("a"));
    const accept = (as: string) => ({
      accept: `application/json;as=${as};g=meta.k8s.io;v=v1`,
    });
    const { body: table } = await api.get(WIDGETS, accept("Table"));
    assert.equal(table.kind, "Table");
    assert.equal(table.rows[0].cells[0], "a");
    assert.equal(table.rows[0].object.kind, "PartialObjectMetadata");
    const { body: partial } = await api.get(
      `${WIDGETS}/a`,
      accept("PartialObjectMetadata"),
    );
    assert.equal(partial.spec, undefined);
    assert.equal(partial.metadata.name, "a");
    const yaml = await api.get(`${WIDGETS}/a`, { accept: "application/yaml" });
    assert.match(yaml.body, /^kind: Widget$/m);
    refused(
      await api.get(WIDGETS, { accept: "text/html" }),
      406,
      /media types/,
    );
    refused(
      await api.send("POST", MAPS, { body: "x", type: "text/plain" }),
      415,
      /media types/,
    );
  });
});

Deno.test("requests: bodies past the limit are 413, other paths and methods are told apart", async () => {
  await withServer(async (api) => {
    const big = configMap("a", { k: "x".repeat(4 << 20) });
    refused(
      await api.post(MAPS, big),
      413,
      /^Request entity too large: limit is 3145728$/,
    );
    for (const path of ["/nope", "/apis/none.io/v1/things"]) {
      const { code, body } = await api.get(path);
      assert.equal(code, 404);
      // No Status: clients then say themselves what they asked for.
      assert.equal(body, "404 page not found\n");
    }
    refused(await api.send("POST", `${MAPS}/a`, { body: {} }), 405, /method/);
    refused(await api.send("PUT", MAPS, { body: {} }), 405, /method/);
  });
});

Deno.test("metadata: short prefixes of names are taken, owners of no version are not", async () => {
  await withServer(async (api) => {
    const made = await api.post(
      MAPS,
      configMap("", {}, { generateName: "x-" }),
    );
    assert.match(made.body.metadata.name, /^x-.{5}$/);
    const owner = { apiVersion: "a/b/c", kind: "A", name: "a", uid: "u" };
    refused(
      await api.post(MAPS, configMap("a", {}, { ownerReferences: [owner] })),
      422,
      /ownerReferences\[0\]\.apiVersion: .* must be <group>\/<version> or <version>/,
    );
  });
});

Deno.test("writes: options that are not known are 422", async () => {
  await withServer(async (api) => {
    for (const query of ["fieldValidation=Maybe", "fieldManager=a%07b"]) {
      refused(
        await api.post(`${MAPS}?${query}`, configMap("a")),
        422,
        /^CreateOptions\.meta\.k8s\.io "" is invalid: field(Validation|Manager): /,
      );
    }
  });
});
