import assert from "node:assert/strict";
import type { KubeObject } from "../../api/meta.ts";
import { Settling } from "./settling.ts";

function object(
  of: { generation?: number; manager?: string; fromGit?: boolean } = {},
): KubeObject {
  const { generation = 1, manager = "kubectl-edit", fromGit = true } = of;
  return {
    apiVersion: "plugins.faros.sh/v1alpha1",
    kind: "Monitoring",
    metadata: {
      name: "host",
      uid: "1",
      generation,
      labels: fromGit ? { "applyset.kubernetes.io/part-of": "x" } : {},
      managedFields: [{
        manager,
        operation: "Update",
        apiVersion: "plugins.faros.sh/v1alpha1",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:spec": { "f:config": {} } },
      }],
    },
  } as KubeObject;
}

Deno.test("Settling: an edit by hand of what is in Git waits for three seconds, each edit anew", () => {
  const settling = new Settling();
  assert.equal(settling.left([object()], 0), 3000);
  assert.equal(settling.left([object()], 1000), 2000);
  assert.equal(settling.left([object()], 3000), 0);
  assert.equal(settling.left([object({ generation: 2 })], 3000), 3000);
  const putBack = object({ generation: 3, manager: "faros-gitops" });
  assert.equal(settling.left([putBack], 3100), 0);
});

Deno.test("Settling: what is not in Git, or was not edited by hand, does not wait", () => {
  const settling = new Settling();
  assert.equal(settling.left([object({ fromGit: false })], 0), 0);
  assert.equal(settling.left([object({ manager: "autoscaler" })], 0), 0);
  assert.equal(settling.left([], 0), 0);
});
