import assert from "node:assert/strict";
import { Agent } from "../agent.ts";
import type { PluginKind } from "../plugin_kind.ts";
import { customResourceDefinition } from "./crd.ts";
import { apiResourceSchemaOf } from "./api_resource_schema.ts";
import { pluginKindDefinition } from "./plugin_kind_definition.ts";

const kind: PluginKind = {
  group: "sensors.example.com",
  scope: "Namespaced",
  names: { kind: "Thermometer", plural: "thermometers" },
  versions: ["v1", "v1beta1"].map((name) => ({
    name,
    served: true,
    storage: name === "v1",
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: { type: "object" },
          status: {
            type: "object",
            properties: { celsius: { type: "integer" } },
          },
        },
      },
    },
  })),
};

interface Spec {
  versions: {
    subresources: unknown;
    schema: {
      openAPIV3Schema: {
        properties: { status: { properties: Record<string, unknown> } };
      };
    };
  }[];
}

Deno.test("a plugin's kind has the conditions of all plugin objects beside a status of its own", () => {
  const { metadata, spec } = pluginKindDefinition(kind);
  assert.equal(metadata.name, "thermometers.sensors.example.com");
  const { versions } = spec as unknown as Spec;
  for (const { subresources, schema } of versions) {
    assert.deepEqual(subresources, { status: {} });
    const { properties } = schema.openAPIV3Schema.properties.status;
    assert.deepEqual(properties.celsius, { type: "integer" });
    const own = customResourceDefinition(Agent).spec as unknown as Spec;
    assert.deepEqual(
      properties.conditions,
      own.versions[0]!.schema.openAPIV3Schema.properties.status.properties
        .conditions,
    );
  }
});

Deno.test("a kind of several versions is said not to be converted, as kcp wants it said", async () => {
  const { spec } = await apiResourceSchemaOf(pluginKindDefinition(kind));
  assert.deepEqual((spec as { conversion?: unknown }).conversion, {
    strategy: "None",
  });
  const one = { ...kind, versions: kind.versions.slice(0, 1) };
  const single = await apiResourceSchemaOf(pluginKindDefinition(one));
  assert.ok(!("conversion" in single.spec));
});
