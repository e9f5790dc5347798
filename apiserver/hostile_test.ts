/**
 * Requests that once ended in an answer of 500, or no answer; found by `deno task soak fuzz`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Answer,
  eventually,
  type TestClient,
  widget,
  widgetCrd,
  withServer,
} from "./test_client.ts";
import type { Json, JsonObject } from "./types.ts";

function refused({ code, body }: Answer, wanted: number, message: RegExp) {
  assert.equal(code, wanted, JSON.stringify(body));
  assert.equal(body.kind, "Status");
  assert.equal(body.code, wanted);
  assert.match(body.message, message);
}

const DEFAULT = "/api/v1/namespaces/default";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

Deno.test("fields of another type than the kind has are a bad request", async () => {
  await withServer(async (api) => {
    refused(
      await api.post(`${DEFAULT}/limitranges`, { spec: { limits: {} } }),
      400,
      /cannot unmarshal object into Go struct field LimitRangeSpec\.spec\.limits of type/,
    );
    refused(
      await api.put(`${RBAC}/clusterrolebindings/a`, { subjects: [true] }),
      400,
      /cannot unmarshal bool into .*subjects/,
    );
    refused(
      await api.post(`${DEFAULT}/serviceaccounts/default/token`, {
        spec: { expirationSeconds: "x" },
      }),
      400,
      /cannot unmarshal string into .*expirationSeconds of type int64/,
    );
    refused(
      await api.post(CRDS, { metadata: { name: "a.b.c" } }),
      422,
      /spec.group: Required value/,
    );
  });
});

Deno.test("a watch in the form of a list is refused, and no write later ends the server", async () => {
  await withServer(async (api) => {
    const { code } = await api.get(`${DEFAULT}/configmaps?watch=1`, {
      accept:
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    });
    assert.equal(code, 406);
    const { code: created } = await api.post(`${DEFAULT}/configmaps`, {
      metadata: { name: "a" },
    });
    assert.equal(created, 201);
  });
});

Deno.test("what items have to have is missed, also where nothing else checks it", async () => {
  await withServer(async (api) => {
    refused(
      await api.post(`${DEFAULT}/limitranges`, {
        metadata: { name: "a" },
        spec: { limits: [{}] },
      }),
      422,
      /spec\.limits\[0\]\.type: Invalid value: ""/,
    );
    refused(
      await api.post(`${DEFAULT}/resourcequotas`, {
        metadata: { name: "a" },
        spec: { scopes: ["constructor"] },
      }),
      422,
      /unsupported scope/,
    );
    refused(
      await api.post(`${RBAC}/clusterroles`, {
        metadata: { name: "a" },
        aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{}] }] },
      }),
      422,
      /not a valid selector operator/,
    );
    refused(
      await api.post(CRDS, {
        metadata: { name: "a.b.c" },
        spec: { versions: [{}] },
      }),
      422,
      /spec\.versions\[0\]\.name: Invalid value: ""/,
    );
  });
});

Deno.test("data that is no text is a bad request", async () => {
  await withServer(async (api) => {
    for (
      const [resource, field] of [
        ["secrets", "data"],
        ["secrets", "stringData"],
        ["configmaps", "data"],
        ["configmaps", "binaryData"],
      ]
    ) {
      refused(
        await api.post(`${DEFAULT}/${resource}`, {
          metadata: { name: "a" },
          [field!]: { a: true },
        }),
        400,
        /cannot unmarshal bool into Go struct field/,
      );
    }
  });
});

Deno.test("options of a deletion that are no options are a bad request", async () => {
  await withServer(async (api) => {
    for (
      const options of [
        { kind: { toString: {} } },
        { propagationPolicy: { toString: {} } },
        { preconditions: { uid: {} } },
      ] as JsonObject[]
    ) {
      refused(
        await api.delete(`${DEFAULT}/configmaps/a`, options),
        400,
        /cannot unmarshal object/,
      );
    }
  });
});

Deno.test("kind and apiVersion that are no texts are a bad request", async () => {
  await withServer(async (api) => {
    const kind = { toString: null };
    refused(
      await api.post(`${DEFAULT}/configmaps`, { apiVersion: "v1", kind }),
      400,
      /kind of type string/,
    );
    refused(
      await api.patch(`${DEFAULT}/configmaps/a?fieldManager=m`, "apply", {
        apiVersion: "v1",
        kind,
      }),
      400,
      /no string/,
    );
  });
});

async function postSchema(api: TestClient, schema: JsonObject) {
  return await api.post(CRDS, {
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Cluster",
      names: { plural: "things", kind: "Thing" },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
      }],
    },
  });
}

Deno.test("schemas of definitions are held to their types, and may name what objects have by nature", async () => {
  await withServer(async (api) => {
    refused(
      await postSchema(api, { type: "object", properties: { spec: null } }),
      422,
      /spec\]\.type: Required value/,
    );
    refused(
      await postSchema(api, { type: "object", required: "spec" }),
      400,
      /openAPIV3Schema\.required/,
    );
    refused(
      await postSchema(api, {
        type: "object",
        properties: { list: { type: "array", items: [{ type: "string" }] } },
      }),
      422,
      /must be a schema object and not an array/,
    );
    refused(
      await postSchema(api, {
        type: "object",
        properties: { a: { allOf: [{ type: "hasOwnProperty" }] } },
      }),
      422,
      /must be empty to be structural/,
    );
  });
});

Deno.test("apply to a list that an update left without keys says so", async () => {
  await withServer(async (api) => {
    await api.post(`${DEFAULT}/serviceaccounts`, {
      metadata: { name: "a" },
      secrets: [{}],
    });
    refused(
      await api.patch(`${DEFAULT}/serviceaccounts/a?fieldManager=m`, "apply", {
        apiVersion: "v1",
        kind: "ServiceAccount",
        secrets: [],
      }),
      400,
      /failed to create typed live object: .*omits all key fields/,
    );
  });
});

Deno.test("methods and media types named after what objects have by nature are unknown ones", async () => {
  await withServer(async (api) => {
    const { code } = await api.send("constructor", `${DEFAULT}/configmaps`);
    assert.equal(code, 405);
    refused(
      await api.get(`${DEFAULT}/configmaps`, { accept: "constructor" }),
      406,
      /media types/,
    );
  });
});

Deno.test("an applied configuration whose metadata is of other types says so", async () => {
  await withServer(async (api) => {
    await api.post(`${DEFAULT}/configmaps`, { metadata: { name: "there" } });
    const odd = { toString: "-5m" };
    for (const name of ["there", "new"]) {
      const apply = (metadata: Json) =>
        api.patch(`${DEFAULT}/configmaps/${name}?fieldManager=m`, "apply", {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata,
        });
      for (const field of ["name", "namespace", "uid", "resourceVersion"]) {
        refused(
          await apply({ [field]: odd }),
          400,
          new RegExp(`\\.metadata\\.${field}: expected string, got`),
        );
      }
      for (const metadata of ["abc", [], 1, true]) {
        refused(await apply(metadata), 400, /\.metadata: expected map, got/);
      }
    }
    refused(
      await api.patch(`${DEFAULT}/configmaps/there?fieldManager=m`, "apply", {
        apiVersion: "\ud800",
        kind: "ConfigMap",
        metadata: { name: odd },
      }),
      400,
      /invalid object type/,
    );
  });
});

Deno.test("the old path of watches takes GET alone, and no resource takes a method without a verb", async () => {
  await withServer(async (api) => {
    await api.post(`${DEFAULT}/configmaps`, { metadata: { name: "a" } });
    const watches = [
      "/api/v1/watch/configmaps",
      "/api/v1/watch/namespaces/default/configmaps",
      "/api/v1/watch/namespaces/default/configmaps/a",
    ];
    for (const path of watches) {
      for (const method of ["OPTIONS", "HEAD", "PUT", "DELETE", "FOO"]) {
        refused(
          await api.send(method, `${path}?timeoutSeconds=1`),
          405,
          /does not allow this method/,
        );
      }
      const events = await api.watch(path);
      assert.equal((await events.next()).object.metadata.name, "a");
      await events.stop();
    }
    for (const method of ["OPTIONS", "HEAD", "FOO"]) {
      refused(
        await api.send(method, `${DEFAULT}/configmaps`),
        405,
        /does not allow this method/,
      );
    }
    const { code } = await api.get(`${watches[2]}/status`);
    assert.equal(code, 404);
  });
});

Deno.test("what was stored before its format was declared fails the rules that read it, and nothing else", async () => {
  await withServer(async (api) => {
    const versions = (properties: JsonObject) => [{
      name: "v1",
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: "object", properties } },
    }];
    const text = { type: "string" };
    await postSchema(api, {
      type: "object",
      properties: { bytes: text, times: { type: "array", items: text } },
    });
    const things = "/apis/example.com/v1/things";
    await eventually(async () =>
      (await api.post(things, {
        apiVersion: "example.com/v1",
        kind: "Thing",
        metadata: { name: "a" },
        bytes: "not base64!",
        times: ["5 minutes", "soon"],
      })).code === 201
    );
    const declare = async (properties: JsonObject) => {
      const { code, body } = await api.patch(
        `${CRDS}/things.example.com`,
        "merge",
        { spec: { versions: versions(properties) } },
      );
      assert.equal(code, 200, body.message);
    };
    const bytes = { type: "string", format: "byte", maxLength: 100 };
    const times = (format: string) => ({
      type: "array",
      maxItems: 5,
      items: { type: "string", format, maxLength: 100 },
    });
    const rule = (rule: string) => ({ "x-kubernetes-validations": [{ rule }] });
    const change = () => api.patch(`${things}/a`, "merge", {});

    await declare({ bytes: { ...bytes, ...rule("self == b'x'") } });
    refused(
      await change(),
      422,
      /bytes: Invalid value: "string": Invalid byte formatted string not base64!: illegal base64 data at input byte 3 evaluating rule: self == b'x'/,
    );
    await declare({ bytes: { ...bytes, ...rule("true") } });
    assert.equal((await change()).code, 200);
    for (const format of ["duration", "date-time", "date"]) {
      await declare({
        times: { ...times(format), ...rule("self.all(x, x == x)") },
      });
      refused(
        await change(),
        422,
        new RegExp(`times: .*Invalid ${format} formatted string`),
      );
    }
    await declare({
      times: {
        ...times("duration"),
        ...rule("self[0] == duration('5m') && self.size() == 2"),
      },
    });
    assert.equal((await change()).code, 200);
  });
});

Deno.test("continue tokens that no server made are refused", async () => {
  await withServer(async (api) => {
    const token = (value: unknown) =>
      btoa(JSON.stringify(value)).replaceAll("=", "");
    const list = (value: string) =>
      api.get(`${DEFAULT}/configmaps?limit=1&continue=${value}`);
    for (
      const value of [
        "\u00e9",
        "%",
        "e30",
        token({ rv: 1.5, after: "" }),
        token({ rv: "1", after: "" }),
        token({ rv: -2, after: "" }),
        token({ rv: 1, after: { toString: 1 } }),
        token(null),
      ]
    ) {
      refused(
        await list(encodeURIComponent(value)),
        400,
        /invalid continue token/,
      );
    }
    refused(
      await list(token({ rv: 1e9, after: "" })),
      504,
      /Too large resource version: 1000000000/,
    );
  });
});

Deno.test("however much there is to warn of, the head of the answer stays small", async () => {
  await withServer(async (api) => {
    const fields = Array.from({ length: 2000 }, (_, i) => [`field${i}`, 1]);
    const { code, headers } = await api.post(`${DEFAULT}/configmaps`, {
      metadata: { name: "a" },
      ...Object.fromEntries(fields),
    });
    assert.equal(code, 201);
    const warning = headers.get("warning")!;
    assert.match(warning, /^299 - "unknown field \\"field0\\""/);
    assert(warning.length < 8192, `${warning.length} bytes`);
  });
});

Deno.test("a Scale that is none, of another object or of an old state changes nothing", async () => {
  await withServer(async (api) => {
    await api.post(CRDS, widgetCrd());
    const widgets = "/apis/example.com/v1/namespaces/default/widgets";
    await eventually(async () =>
      (await api.post(widgets, widget("a", { size: 3 }))).code === 201
    );
    const scale = `${widgets}/a/scale`;
    const put = (body: JsonObject) =>
      api.put(scale, { metadata: { name: "a" }, ...body });
    const cases: [answer: Promise<Answer>, code: number, message: RegExp][] = [
      [put({ spec: [1] }), 400, /cannot unmarshal array into .*Scale\.spec/],
      [put({ spec: { replicas: "5" } }), 400, /cannot unmarshal string/],
      [put({ kind: "Widget" }), 400, /not a Scale/],
      [put({ metadata: { name: "b" } }), 400, /does not match the name/],
      [
        put({ metadata: { name: "a", resourceVersion: "1" } }),
        409,
        /has been modified/,
      ],
      [
        put({ metadata: { name: "a", resourceVersion: "x" } }),
        400,
        /parsing "x"/,
      ],
      [
        put({ spec: { replicas: -1 } }),
        422,
        /\.spec\.size: Invalid value: -1: should be a non-negative integer/,
      ],
      [
        api.patch(scale, "json", [{
          op: "replace",
          path: "/spec",
          value: "x",
        }]),
        422,
        /patch: Invalid value: .*cannot unmarshal string/,
      ],
      [
        api.patch(scale, "merge", { metadata: { resourceVersion: { a: 1 } } }),
        422,
        /patch: Invalid value: .*cannot unmarshal object/,
      ],
      [
        api.patch(scale, "merge", { metadata: { resourceVersion: "1" } }),
        409,
        /has been modified/,
      ],
    ];
    for (const [answer, code, message] of cases) {
      refused(await answer, code, message);
    }
    assert.equal((await api.get(scale)).body.spec.replicas, 3);
  });
});

Deno.test("annotations that carry nothing of a HorizontalPodAutoscaler leave it readable", async () => {
  await withServer(async (api) => {
    const path = (version: string) =>
      `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
    const values = ["5", "null", "[null]", "[[1]]", '"x"', "{", '{"a":1}'];
    for (const [index, value] of values.entries()) {
      const { code, body } = await api.post(path("v1"), {
        metadata: {
          name: `a${index}`,
          annotations: Object.fromEntries(
            ["metrics", "current-metrics", "conditions", "behavior"].map((
              name,
            ) => [`autoscaling.alpha.kubernetes.io/${name}`, value]),
          ),
        },
        spec: {
          maxReplicas: 3,
          targetCPUUtilizationPercentage: 50,
          scaleTargetRef: { kind: "Deployment", name: "a" },
        },
      });
      assert.equal(code, 201, body.message);
    }
    for (const version of ["v1", "v2"]) {
      const { code, body } = await api.get(path(version));
      assert.equal(code, 200, body.message);
      assert.equal(body.items.length, values.length);
    }
  }, { builtins: "all" });
});

Deno.test("a resourceVersion that is none is a bad request, of one object as of many", async () => {
  await withServer(async (api) => {
    await api.post(`${DEFAULT}/configmaps`, { metadata: { name: "a" } });
    for (const version of ["x", "-1", "1.5", "0x10", "1e3", "%201", "NaN"]) {
      for (const path of ["configmaps/a", "configmaps"]) {
        refused(
          await api.get(`${DEFAULT}/${path}?resourceVersion=${version}`),
          400,
          /resourceVersion: Invalid value/,
        );
      }
    }
  });
});

Deno.test("JSON patches that copy without end are refused, and long ones are quick", async () => {
  await withServer(async (api) => {
    const path = `${DEFAULT}/configmaps/a`;
    await api.post(`${DEFAULT}/configmaps`, { metadata: { name: "a" } });
    // Each doubles the document.
    const copies = Array.from({ length: 40 }, (_, i) => ({
      op: "copy",
      from: "",
      path: `/x${i}`,
    }));
    refused(await api.patch(path, "json", copies), 422, /rejected our request/);
    // 10,000 copies of a large object would take minutes.
    const data = Array.from({ length: 50_000 }, (_, i) => [`k${i}`, ""]);
    const changes = Array.from({ length: 9999 }, (_, i) => ({
      op: "replace",
      path: `/data/k${i}`,
      value: "x",
    }));
    const { code, body } = await api.patch(path, "json", [
      { op: "add", path: "/data", value: Object.fromEntries(data) },
      ...changes,
    ]);
    assert.equal(code, 200, body.message);
    assert.equal(body.data.k9998, "x");
    assert.equal(body.data.k9999, "");
  });
});

Deno.test("quantities of more digits than anything has are out of range", async () => {
  await withServer(async (api) => {
    for (const pods of ["9".repeat(2000), `0.${"1".repeat(2000)}`, "1e101"]) {
      refused(
        await api.post(`${DEFAULT}/resourcequotas`, {
          metadata: { name: "a" },
          spec: { hard: { pods } },
        }),
        400,
        /quantity out of range/,
      );
    }
  });
});

Deno.test("while a long YAML is read, others are answered; it is read as a short one", async () => {
  await withServer(async (api) => {
    const path = `${DEFAULT}/configmaps`;
    const send = (body: string) =>
      api.send("POST", path, { body, type: "application/yaml" });
    const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: long }\n";
    const lines = Array.from({ length: 20_000 }, (_, i) => `  k${i}: "v"\n`);
    let done = false;
    const long = send(`${head}data:\n${lines.join("")}`)
      .finally(() => done = true);
    assert.equal((await api.get(path)).code, 200);
    assert.ok(!done);
    const { code, body } = await long;
    assert.equal(code, 201);
    assert.equal(Object.keys(body.data).length, lines.length);

    refused(
      await send(`${head}data:\n${lines.join("")} x: [\n`),
      400,
      /error converting YAML to JSON: yaml: /,
    );
  });
});
