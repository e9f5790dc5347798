import assert from "node:assert/strict";
import type { KubeObject } from "../../api/meta.ts";
import { extraFields } from "./managed_fields.ts";

const agent = (plugins: unknown[]): KubeObject & { spec: unknown } => ({
  apiVersion: "edge.faros.sh/v1alpha1",
  kind: "Agent",
  metadata: {
    name: "press-1",
    managedFields: [{
      manager: "faros-gitops",
      operation: "Apply",
      apiVersion: "edge.faros.sh/v1alpha1",
      fieldsType: "FieldsV1",
      fieldsV1: { "f:spec": { "f:plugins": {} } },
    }],
  },
  spec: { plugins },
});

Deno.test("a field that left an item of an atomic list is extra", () => {
  const live = agent([{ name: "host", config: { interval: "30s" } }]);
  assert.deepEqual(extraFields(agent([{ name: "host" }]), live), [
    "spec.plugins",
  ]);
  assert.deepEqual(extraFields(live, live), []);
});

Deno.test("extraFields() of lists with very many items names what is too many", () => {
  const count = 30_000;
  const ports = Array.from({ length: count }, (_, i) => ({ port: i }));
  const names = ports.map(({ port }) => `n${port}`);
  const live: KubeObject & { spec: unknown } = {
    apiVersion: "example.org/v1",
    kind: "Wide",
    metadata: {
      name: "wide",
      managedFields: [{
        manager: "faros-gitops",
        operation: "Apply",
        apiVersion: "example.org/v1",
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:spec": {
            "f:ports": Object.fromEntries(
              ports.map((item) => [`k:${JSON.stringify(item)}`, { ".": {} }]),
            ),
            "f:names": Object.fromEntries(
              names.map((name) => [`v:${JSON.stringify(name)}`, {}]),
            ),
          },
        },
      }],
    },
    spec: { ports, names },
  };
  const desired = {
    ...live,
    spec: { ports: ports.slice(1), names: names.slice(1) },
  };
  assert.equal(extraFields(desired, live).length, 2);
});
