/**
 * Requests that once ended in an answer of 500, or no answer; found by `deno task soak fuzz`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  eventually,
  refused,
  type TestClient,
  widgetCrd,
  withServer,
} from "./test_client.ts";
import type { Json, JsonObject } from "./types.ts";

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
      /^invalid object type: /,
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
      for (const method of ["OPTIONS", "PUT", "DELETE", "FOO"]) {
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
    for (const method of ["OPTIONS", "FOO"]) {
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

Deno.test("what is no resource, and those that are gone, take no place in the metrics", async () => {
  await withServer(async (api) => {
    const series = async () => {
      const { body } = await api.get("/metrics");
      return (body as string).split("\n")
        .filter((line) => line.startsWith("apiserver_request_total"));
    };
    for (let i = 0; i < 20; i++) {
      // Anonymous, as anybody may be.
      for (const path of [`/api/v1/made${i}`, `/apis/g${i}/v1/x`, `/p${i}`]) {
        await api.server.fetch(new Request(new URL(path, api.server.url)));
      }
      await api.send(`MADE${i}`, `${DEFAULT}/configmaps`);
      await api.send(`MADE${i}`, "/version");
    }
    const { code } = await api.get("/apis/%22,x=%22/v1/y");
    assert.equal(code, 404);
    const name = "widgets.example.com";
    await api.post(CRDS, widgetCrd());
    const found = await api.get("/apis/example.com/v1/widgets");
    assert.equal(found.code, 200);
    const before = await series();
    assert.ok(before.some((line) => line.includes('resource="widgets"')));
    const all = before.join("\n");
    assert.doesNotMatch(all, /made\d|="g\d|x=/i);
    assert.ok(before.length < 30, all);
    await api.delete(`${CRDS}/${name}`);
    await eventually(async () =>
      !(await series()).some((line) => line.includes('resource="widgets"'))
    );
  });
});
