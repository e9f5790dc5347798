import assert from "node:assert/strict";
import { kindSchema } from "../builtin/schemas.ts";
import { crdSchema } from "../crd/schema.ts";
import type { Json } from "../types.ts";
import { compileGoDecode } from "./go_decode.ts";

function decoder(schema: string, wording?: "decoder" | "converter") {
  const kind = schema.slice(schema.lastIndexOf(".") + 1);
  return compileGoDecode(kindSchema(schema), { kind, wording });
}

Deno.test("compileGoDecode() names the innermost struct, the fields and the Go type", () => {
  const role = decoder("io.k8s.api.rbac.v1.Role");
  const lease = decoder("io.k8s.api.coordination.v1.Lease");
  const cases: [string | undefined, string][] = [
    [
      role({ rules: [{ verbs: "get" }] }),
      "json: cannot unmarshal string into Go struct field PolicyRule.rules.verbs of type []string",
    ],
    [
      role({ rules: [{ verbs: ["get", 1] }] }),
      "json: cannot unmarshal number into Go struct field PolicyRule.rules.verbs of type string",
    ],
    [
      role({ metadata: { labels: { a: true } } }),
      "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string",
    ],
    [
      role("text" as Json),
      "json: cannot unmarshal string into Go value of type v1.Role",
    ],
    [
      lease({ spec: { leaseDurationSeconds: 1.5 } }),
      "json: cannot unmarshal number 1.5 into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32",
    ],
    [
      lease({ spec: { leaseDurationSeconds: 3_000_000_000 } }),
      "json: cannot unmarshal number 3000000000 into Go struct field LeaseSpec.spec.leaseDurationSeconds of type int32",
    ],
    [
      lease({ spec: { renewTime: "2026-01-02T03:04:05Z" } }),
      'parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ],
    [
      lease({ spec: { renewTime: "2026-13-01T00:00:00Z" } }),
      'parsing time "2026-13-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "13-01T00:00:00Z" as "01"',
    ],
  ];
  for (const [found, expected] of cases) assert.equal(found, expected);
});

Deno.test("compileGoDecode() takes what Go takes: null, what is absent, unknown fields, quantities of both forms", () => {
  const role = decoder("io.k8s.api.rbac.v1.Role");
  assert.equal(role({ rules: null, other: 1 }), undefined);
  assert.equal(role({ rules: [{ verbs: ["get"] }] }), undefined);
  const quota = decoder("io.k8s.api.core.v1.ResourceQuota");
  assert.equal(quota({ spec: { hard: { pods: 1, cpu: "500m" } } }), undefined);
  assert.match(
    quota({ spec: { hard: { pods: "x" } } }) ?? "",
    /^quantities must match the regular expression/,
  );
  const lease = decoder("io.k8s.api.coordination.v1.Lease");
  assert.equal(
    lease({ spec: { renewTime: "2026-01-02T03:04:05.000001Z" } }),
    undefined,
  );
});

Deno.test("compileGoDecode() speaks as the converter of strategic merge patches where asked", () => {
  const role = decoder("io.k8s.api.rbac.v1.Role", "converter");
  assert.equal(role({ rules: {} }), "cannot restore slice from map");
  assert.equal(
    role({ metadata: { labels: { a: 1 } } }),
    "cannot convert int64 to string",
  );
  assert.equal(
    role({ metadata: { labels: { a: true } } }),
    "unrecognized type: string",
  );
  assert.equal(
    role({ metadata: "x" }),
    "cannot restore struct from: string",
  );
});

Deno.test("compileGoDecode() makes of nulls what Go makes of them", () => {
  const role = decoder("io.k8s.api.rbac.v1.Role");
  const object = {
    rules: [null, { resources: null, verbs: [null, "get"] }],
    metadata: { uid: null, labels: { a: null } },
  };
  assert.equal(role(object), undefined);
  assert.deepEqual(object, {
    rules: [{}, { verbs: ["", "get"] }],
    metadata: { labels: { a: "" } },
  } as unknown);
});

Deno.test("compileGoDecode() refuses quantities and alternatives that are neither text nor number", () => {
  const quota = decoder("io.k8s.api.core.v1.ResourceQuota");
  assert.match(
    quota({ spec: { hard: { pods: { toString: null } } } }) ?? "",
    /^quantities must match/,
  );
  const check = compileGoDecode({
    type: "object",
    properties: { port: { "x-kubernetes-int-or-string": true } },
  }, { kind: "Thing" });
  assert.equal(check({ port: "http" }), undefined);
  assert.equal(
    check({ port: [] }),
    "json: cannot unmarshal array into Go value of type int32",
  );
});

Deno.test("compileGoDecode() checks the schemas in definitions to any depth", () => {
  const check = compileGoDecode(crdSchema, {
    kind: "CustomResourceDefinition",
  });
  const of = (openAPIV3Schema: Json) =>
    check({ spec: { versions: [{ schema: { openAPIV3Schema } }] } });
  const path = "spec.versions.schema.openAPIV3Schema";
  const inside = { type: "object", additionalProperties: { type: "string" } };
  assert.equal(of({ properties: { a: { items: inside } } }), undefined);
  assert.equal(
    of({ type: 1 }),
    `json: cannot unmarshal number into Go struct field JSONSchemaProps.${path}.type of type string`,
  );
  assert.equal(
    of({ properties: { a: { items: { allOf: [{ required: {} }] } } } }),
    `json: cannot unmarshal object into Go struct field JSONSchemaProps.${path}.properties.items.allOf.required of type []string`,
  );
  assert.equal(
    of({ additionalProperties: "x" }),
    "boolean or JSON schema expected",
  );
});
