import assert from "node:assert/strict";
import { widgetCrd, withServer } from "../test_client.ts";
import type { JsonObject } from "../types.ts";
import { schemaV2 } from "./schema_v2.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

Deno.test("schemaV2: what OpenAPI v2 has no words for is left out", () => {
  const v3 = "#/components/schemas/a.B";
  assert.deepEqual(
    schemaV2({
      type: "object",
      required: ["a", "n"],
      properties: {
        a: { description: "x", allOf: [{ $ref: v3 }], default: {} },
        n: { type: "string", nullable: true },
        any: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
          properties: { b: { type: "string" } },
        },
        list: { type: "array", items: { type: "integer", not: {} } },
        port: { "x-kubernetes-int-or-string": true, anyOf: [{}, {}] },
      },
    }),
    {
      type: "object",
      required: ["a"],
      properties: {
        a: { description: "x", $ref: "#/definitions/a.B" },
        n: {},
        any: { "x-kubernetes-preserve-unknown-fields": true },
        list: { type: "array", items: { type: "integer" } },
        port: { "x-kubernetes-int-or-string": true },
      },
    },
  );
});

Deno.test("/openapi/v2 has built-in and custom kinds, and an ETag that changes with them", async () => {
  await withServer(async (api) => {
    const first = await api.get("/openapi/v2");
    const etag = first.headers.get("etag")!;
    const same = await api.server.fetch(
      new Request(new URL("/openapi/v2", api.server.url), {
        headers: {
          authorization: `Bearer ${api.token}`,
          "if-none-match": etag,
        },
      }),
    );
    assert.equal(same.status, 304);
    await api.post(CRDS, widgetCrd());
    const { code, body } = await api.get("/openapi/v2", {
      "if-none-match": etag,
    });
    assert.equal(code, 200);
    const widget = body.definitions["com.example.v1.Widget"];
    assert.equal(widget.properties.spec.properties.color.type, "string");
    const path = "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}";
    assert.deepEqual(
      body.paths[path].patch.consumes.includes("application/merge-patch+json"),
      true,
    );
    const references = JSON.stringify(body).matchAll(
      /"#\/definitions\/([^"]+)"/g,
    );
    for (const [, name] of references) assert.ok(body.definitions[name!], name);
    await api.delete(`${CRDS}/widgets.example.com`);
  });
});

/** Fields of a protobuf message: numbers with their bytes. */
function fields(bytes: Uint8Array): [number, Uint8Array][] {
  const out: [number, Uint8Array][] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const type = key & 7;
    if (type === 0) out.push([key >> 3, new Uint8Array([varint()])]);
    else {
      const length = type === 1 ? 8 : varint();
      out.push([key >> 3, bytes.subarray(at, at += length)]);
    }
  }
  return out;
}

Deno.test("/openapi/v2 in protobuf says the same", async () => {
  await withServer(async (api) => {
    const { body: json } = await api.get("/openapi/v2");
    const response = await api.server.fetch(
      new Request(new URL("/openapi/v2", api.server.url), {
        headers: { authorization: `Bearer ${api.token}`, accept: PROTOBUF },
      }),
    );
    assert.equal(
      response.headers.get("content-type"),
      "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    );
    const text = (bytes?: Uint8Array) => new TextDecoder().decode(bytes);
    const document = fields(await response.bytes());
    const get = (message: [number, Uint8Array][], number: number) =>
      message.find(([n]) => n === number)?.[1];
    assert.equal(text(get(document, 1)), "2.0");
    const names = fields(get(document, 9)!)
      .map(([, entry]) => text(get(fields(entry), 1)));
    assert.deepEqual(names, Object.keys(json.definitions));
    const paths = fields(get(document, 8)!)
      .map(([, entry]) => text(get(fields(entry), 1)));
    assert.deepEqual(paths, Object.keys(json.paths));
    const lease = fields(get(document, 9)!).map(([, entry]) => fields(entry))
      .find((entry) =>
        text(get(entry, 1)) === "io.k8s.api.coordination.v1.LeaseSpec"
      )!;
    const properties = fields(get(fields(get(lease, 2)!), 25)!)
      .map(([, entry]) => text(get(fields(entry), 1)));
    const spec: JsonObject = json
      .definitions["io.k8s.api.coordination.v1.LeaseSpec"];
    assert.deepEqual(properties, Object.keys(spec.properties as JsonObject));
  });
});
