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
