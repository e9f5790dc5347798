/**
 * The health that Argo CD and Flux find, by a real Lua and a real CEL, beside
 * what kstatus says: of objects in every state that the hub's own code makes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { kinds } from "../../api/kinds.ts";
import type { Condition, KubeObject } from "../../api/meta.ts";
import {
  markReady,
  markReconciling,
  markStalled,
} from "../../kube/conditions.ts";
import { UNOBSERVED_STATUS } from "../../api/generate/unobserved_status.ts";
import { argocdConfig } from "./argocd.ts";
import { argoHealth, customizations, fluxHealth } from "./health_testing.ts";

interface TestObject extends KubeObject {
  spec?: Record<string, unknown>;
  status?: { observedGeneration?: number; conditions?: Condition[] };
}

const mark = { reason: "Testing", message: "as it is", observedGeneration: 2 };
const states: [
  name: string,
  change: Partial<TestObject>,
  expected: [argo: string, flux: string],
][] = [
  ["nothing said yet", { status: UNOBSERVED_STATUS }, [
    "Progressing",
    "InProgress",
  ]],
  ["no conditions yet", { status: { observedGeneration: 2 } }, [
    "Progressing",
    "InProgress",
  ]],
  ["ready", of(markReady([], mark)), ["Healthy", "Current"]],
  ["ready, of an older generation", {
    status: { observedGeneration: 1, conditions: markReady([], mark) },
  }, ["Progressing", "InProgress"]],
  ["on its way", of(markReconciling([], { ...mark, ready: "Unknown" })), [
    "Progressing",
    "InProgress",
  ]],
  ["to be tried again", of(markReconciling(markReady([], mark), mark)), [
    "Progressing",
    "InProgress",
  ]],
  ["stalled", of(markStalled([], mark)), ["Degraded", "Failed"]],
  ["well again", of(markReady(markStalled([], mark), mark)), [
    "Healthy",
    "Current",
  ]],
  ["being deleted", {
    ...of(markReconciling([], mark)),
    metadata: {
      name: "x",
      generation: 2,
      deletionTimestamp: "2026-01-01T00:00:00Z",
    },
  }, ["Progressing", "InProgress"]],
];

function of(conditions: Condition[]): Partial<TestObject> {
  return { status: { observedGeneration: 2, conditions } };
}

for (const kind of kinds) {
  Deno.test(`Argo CD and Flux see how a ${kind.kind} is`, () => {
    const object = {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name: "x", generation: 2 },
      spec: {},
    };
    if (!kind.status) {
      assert.equal(argoHealth(object).status, "Healthy");
      assert.equal(fluxHealth(object), undefined);
      return;
    }
    for (const [name, change, [inArgo, inFlux]] of states) {
      const now = { ...object, ...change };
      assert.equal(argoHealth(now).status, inArgo, `Argo CD: ${name}`);
      assert.equal(fluxHealth(now), inFlux, `Flux: ${name}`);
    }
    const { message } = argoHealth({ ...object, ...of(markStalled([], mark)) });
    assert.equal(message, "as it is");
  });
}

Deno.test("Argo CD and Flux take a suspended Repository for what it was asked to be", () => {
  const object = {
    apiVersion: "gitops.faros.sh/v1alpha1",
    kind: "Repository",
    metadata: { name: "fleet", generation: 2 },
    spec: { suspend: true },
    ...of(markStalled([], mark)),
  };
  assert.equal(argoHealth(object).status, "Suspended");
  assert.equal(fluxHealth(object), "Current");
  // Only what that means something for.
  const paused = { ...object, kind: "Agent", apiVersion: "edge.faros.sh/v1" };
  assert.equal(argoHealth(paused).status, "Degraded");
});

Deno.test("Argo CD takes kinds of plugins as kstatus does", () => {
  const object = {
    apiVersion: "sensors.plugins.faros.sh/v1",
    kind: "Thermometer",
    metadata: { name: "x", generation: 2 },
  };
  assert.equal(argoHealth(object).status, "Healthy");
  assert.equal(
    argoHealth({ ...object, ...of(markStalled([], mark)) }).status,
    "Degraded",
  );
});

Deno.test("Argo CD compares nothing that hub and devices write, and leaves out what nobody keeps in Git", () => {
  assert.deepEqual(parse(customizations.ignoreDifferences), {
    jsonPointers: ["/status"],
    managedFieldsManagers: ["faros-hub", "faros-agent"],
  });
  const excluded = parse(argocdConfig(kinds)["resource.exclusions"]!)
    .flatMap((e: { kinds: string[] }) => e.kinds);
  assert.deepEqual(excluded, ["Enrollment", "Revision", "Lease"]);
});
