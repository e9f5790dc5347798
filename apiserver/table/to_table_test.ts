import assert from "node:assert/strict";
import type { KubeObject, ResourceDefinition } from "../types.ts";
import { humanDuration, jsonPath, toTable } from "./mod.ts";

const agent = {
  apiVersion: "edge.faros.sh/v1alpha1",
  kind: "Agent",
  metadata: {
    name: "press-7",
    uid: "u",
    resourceVersion: "5",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { "a.b/c": "d" },
  },
  spec: { replicas: 3, plugins: [{ name: "x" }, { name: "y", on: true }] },
  status: {
    conditions: [
      { type: "Online", status: "False" },
      { type: "Ready", status: "True" },
    ],
  },
} as unknown as KubeObject;

function definition(
  columns?: ResourceDefinition["columns"],
): ResourceDefinition {
  return { columns } as ResourceDefinition;
}

const now = new Date("2026-01-01T00:05:03Z");

Deno.test("paths in kubectl's dialect find values", () => {
  const cases: [string, unknown[]][] = [
    [".metadata.name", ["press-7"]],
    ["{.metadata.name}", ["press-7"]],
    [".metadata.labels['a.b/c']", ["d"]],
    [".metadata.labels.a\\.b/c", ["d"]],
    [".spec.plugins[0].name", ["x"]],
    [".spec.plugins[-1].name", ["y"]],
    [".spec.plugins[*].name", ["x", "y"]],
    [".spec.plugins[0:1].name", ["x"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type=='Ready')].status", ["True"]],
    [".spec.plugins[?(@.on)].name", ["y"]],
    [".spec.plugins[?(@.on==true)].name", ["y"]],
    ["..type", ["Online", "Ready"]],
    [".spec.missing.deeper", []],
    [".spec.plugins[7]", []],
  ];
  for (const [path, expected] of cases) {
    assert.deepEqual(jsonPath(path)(agent as never), expected, path);
  }
  for (const wrong of [".a[", ".a[?(@.b=)]", ".a[x]"]) {
    assert.throws(() => jsonPath(wrong), SyntaxError, wrong);
  }
});

Deno.test("a resource without columns shows name and age", () => {
  const table = toTable(definition(), [agent], {
    includeObject: "Metadata",
    now,
    listMeta: { resourceVersion: "9" },
  });
  assert.deepEqual(
    (table.columnDefinitions as { name: string }[]).map((c) => c.name),
    ["Name", "Age"],
  );
  assert.deepEqual(table.metadata, { resourceVersion: "9" });
  assert.deepEqual(table.rows, [{
    cells: ["press-7", "5m3s"],
    object: {
      kind: "PartialObjectMetadata",
      apiVersion: "meta.k8s.io/v1",
      metadata: agent.metadata,
    },
  }]);
});

Deno.test("cells take the type of their column; what is not there is null", () => {
  const table = toTable(
    definition([
      {
        name: "Ready",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      },
      { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
      { name: "Text", type: "integer", jsonPath: ".metadata.name" },
      { name: "Plugins", type: "string", jsonPath: ".spec.plugins" },
      { name: "None", type: "string", jsonPath: ".spec.none", priority: 1 },
      { name: "Bad", type: "date", jsonPath: ".metadata.name" },
    ]),
    [agent],
    { includeObject: "None", now },
  );
  assert.deepEqual(table.rows, [{
    cells: [
      "press-7",
      "True",
      3,
      null,
      '[{"name":"x"},{"name":"y","on":true}]',
      null,
      "<invalid>",
    ],
    object: null,
  }]);
  assert.equal(
    (table.columnDefinitions as { priority: number }[])[5]!.priority,
    1,
  );
});

Deno.test("durations read as kubectl writes them", () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: [number, string][] = [
    [-5 * second, "<invalid>"],
    [-1 * second, "0s"],
    [0, "0s"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [2 * minute + 3 * second, "2m3s"],
    [10 * minute + 3 * second, "10m"],
    [3 * hour, "3h"],
    [7 * hour + 59 * minute, "7h59m"],
    [8 * hour + 59 * minute, "8h"],
    [47 * hour, "47h"],
    [2 * day + 5 * hour, "2d5h"],
    [9 * day, "9d"],
    [800 * day, "2y70d"],
    [10 * 365 * day, "10y"],
  ];
  for (const [ms, text] of cases) assert.equal(humanDuration(ms), text);
});
