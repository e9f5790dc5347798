import assert from "node:assert/strict";
import type { JsonObject, ResourceDefinition, Schema } from "../types.ts";
import { openapiV3, openapiV3Index, rememberReference } from "./mod.ts";

const agents: ResourceDefinition = {
  group: "edge.faros.sh",
  version: "v1alpha1",
  resource: "agents",
  singular: "agent",
  kind: "Agent",
  listKind: "AgentList",
  shortNames: [],
  categories: [],
  namespaced: true,
  storageVersion: "v1alpha1",
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: { status: true },
  custom: true,
  generation: true,
  schema: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: { port: { "x-kubernetes-int-or-string": true } },
      },
    },
  },
};
const configMaps: ResourceDefinition = {
  ...agents,
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  listKind: "ConfigMapList",
  subresources: {},
  custom: false,
  schema: { type: "object", properties: {} },
};

function at(document: unknown, ...path: string[]): JsonObject {
  return path.reduce(
    (value, key) => (value as Record<string, unknown>)[key],
    document,
  ) as JsonObject;
}

Deno.test("each group version has a document, found by its hash", () => {
  const definitions = [agents, configMaps];
  const { paths } = openapiV3Index(definitions) as { paths: JsonObject };
  assert.deepEqual(Object.keys(paths), [
    "api/v1",
    "apis/edge.faros.sh/v1alpha1",
  ]);
  const url = at(paths, "apis/edge.faros.sh/v1alpha1").serverRelativeURL;
  assert.match(
    url as string,
    /^\/openapi\/v3\/apis\/edge.faros.sh\/v1alpha1\?hash=[0-9A-F]{64}$/,
  );
  assert.deepEqual(openapiV3Index(definitions), { paths });
  const other = openapiV3Index([{ ...agents, shortNames: [] }, {
    ...configMaps,
    subresources: { status: true },
  }]) as { paths: JsonObject };
  assert.deepEqual(
    at(other.paths, "apis/edge.faros.sh/v1alpha1"),
    at(paths, "apis/edge.faros.sh/v1alpha1"),
    "the same resources have the same hash",
  );
  assert.notDeepEqual(at(other.paths, "api/v1"), at(paths, "api/v1"));
  assert.equal(openapiV3("apis/nothing/v1", definitions), undefined);
});

Deno.test("documents name kinds, actions and schemas as kubectl looks for them", () => {
  const document = openapiV3("apis/edge.faros.sh/v1alpha1", [agents])!;
  const item = at(
    document,
    "paths",
    "/apis/edge.faros.sh/v1alpha1/namespaces/{namespace}/agents/{name}",
  );
  const patch = at(item, "patch");
  assert.deepEqual(patch["x-kubernetes-group-version-kind"], {
    group: "edge.faros.sh",
    version: "v1alpha1",
    kind: "Agent",
  });
  assert.equal(patch["x-kubernetes-action"], "patch");
  assert.ok(
    (patch.parameters as { name: string }[]).some((p) =>
      p.name === "fieldValidation"
    ),
    "else kubectl would not ask for validation",
  );
  const types = (document: JsonObject, path: string) =>
    Object.keys(at(document, "paths", path, "patch", "requestBody", "content"));
  const strategic = "application/strategic-merge-patch+json";
  assert.ok(
    !types(
      document,
      "/apis/edge.faros.sh/v1alpha1/namespaces/{namespace}/agents/{name}",
    ).includes(strategic),
  );
  assert.ok(
    types(
      openapiV3("api/v1", [configMaps])!,
      "/api/v1/namespaces/{namespace}/configmaps/{name}",
    ).includes(strategic),
  );
  const schema = at(
    document,
    "components",
    "schemas",
    "sh.faros.edge.v1alpha1.Agent",
  );
  assert.deepEqual(schema["x-kubernetes-group-version-kind"], [{
    group: "edge.faros.sh",
    version: "v1alpha1",
    kind: "Agent",
  }]);
  assert.deepEqual(at(schema, "properties", "spec", "properties", "port"), {
    "x-kubernetes-int-or-string": true,
    anyOf: [{ type: "integer" }, { type: "string" }],
  });
});

Deno.test("every reference leads to a schema of the same document", () => {
  for (const path of ["api/v1", "apis/edge.faros.sh/v1alpha1"]) {
    const document = openapiV3(path, [agents, configMaps])!;
    const schemas = at(document, "components", "schemas");
    const references = JSON.stringify(document).matchAll(
      /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
    );
    for (const [, name] of references) {
      assert.ok(schemas[name!], `${path}: ${name}`);
    }
  }
});

Deno.test("types of built-in kinds are referred to by their names", () => {
  const rule: Schema = { type: "object", properties: {} };
  const items: Schema = { ...rule };
  const name = "io.k8s.api.rbac.v1.PolicyRule";
  rememberReference(items, { name, target: rule, own: {} });
  const document = openapiV3("api/v1", [{
    ...configMaps,
    schema: {
      type: "object",
      properties: { rules: { type: "array", items } },
    },
  }])!;
  const schemas = at(document, "components", "schemas");
  assert.deepEqual(
    at(schemas, "io.k8s.api.core.v1.ConfigMap", "properties", "rules").items,
    { $ref: `#/components/schemas/${name}` },
  );
  assert.deepEqual(schemas[name], rule);
});
