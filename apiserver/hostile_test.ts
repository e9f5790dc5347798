/**
 * Requests that once ended in an answer of 500, or no answer; found by `deno task soak fuzz`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Answer, type TestClient, withServer } from "./test_client.ts";
import type { JsonObject } from "./types.ts";

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
