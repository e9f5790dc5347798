import assert from "node:assert/strict";
import { Agent } from "../../api/agent.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../api/meta.ts";
import { APPLYSET_LABEL, COMMIT_ANNOTATION } from "../../api/names.ts";
import type { ResolvedManifest } from "../manifest/resolve_kinds.ts";
import { takenOver } from "./managed_fields.ts";
import { fingerprint, plan, PRUNE_ANNOTATION } from "./plan.ts";

const SET = "applyset-x-v1";

function desired(name: string, spec: object = {}): ResolvedManifest {
  return {
    object: {
      apiVersion: Agent.apiVersion,
      kind: "Agent",
      metadata: { name, namespace: "a" },
      spec,
    } as KubeObject,
    resource: Agent,
    file: "a.yaml",
    line: 1,
    column: 1,
    locate: () => ({ line: 1, column: 1 }),
  };
}

function live(
  name: string,
  of: {
    spec?: object;
    metadata?: object;
    managedFields?: Partial<ManagedFieldsEntry>[];
  } = {},
) {
  const object = {
    apiVersion: Agent.apiVersion,
    kind: "Agent",
    metadata: {
      name,
      namespace: "a",
      uid: name,
      resourceVersion: "7",
      labels: { [APPLYSET_LABEL]: SET },
      ...of.metadata,
      managedFields: of.managedFields,
    },
    spec: of.spec ?? {},
  } as KubeObject;
  return { resource: Agent, object };
}

const names = (items: { key: string }[]) =>
  items.map((item) => item.key.split("/").at(-1));

Deno.test("plan() creates, updates, deletes and leaves alone", () => {
  const result = plan({
    setId: SET,
    prune: true,
    desired: [
      desired("new"),
      desired("changed", { paused: true }),
      desired("same", { paused: true }),
    ],
    live: [
      live("changed", { spec: { paused: false } }),
      live("same", {
        spec: { paused: true, defaulted: 1 },
        metadata: {
          labels: { [APPLYSET_LABEL]: SET, other: "x" },
          annotations: { [COMMIT_ANNOTATION]: "old" },
        },
      }),
      live("gone"),
      live("foreign", { metadata: { labels: {} } }),
      live("kept", {
        metadata: {
          labels: { [APPLYSET_LABEL]: SET },
          annotations: { [PRUNE_ANNOTATION]: "disabled" },
        },
      }),
      live("made by a controller", {
        metadata: {
          labels: { [APPLYSET_LABEL]: SET },
          ownerReferences: [{ controller: true }],
        },
      }),
    ],
  });
  assert.deepEqual(names(result.create), ["new"]);
  assert.deepEqual(names(result.update), ["changed"]);
  assert.deepEqual(result.update[0]?.reasons, ["spec.paused differs"]);
  assert.deepEqual(names(result.unchanged), ["same"]);
  assert.deepEqual(names(result.delete), ["gone"]);
});

Deno.test("plan() deletes nothing where pruning is off, or a key is to be kept", () => {
  const base = { setId: SET, desired: [], live: [live("gone")] };
  assert.deepEqual(plan({ ...base, prune: false }).delete, []);
  const keep = new Set(["edge.faros.sh/Agent/a/gone"]);
  assert.deepEqual(plan({ ...base, prune: true, keep }).delete, []);
});

Deno.test("plan() leaves alone what another Repository or the hub keeps, and adopts what nobody does", () => {
  const base = {
    setId: SET,
    prune: true,
    desired: [desired("press")],
    live: [
      live("press", { metadata: { labels: { [APPLYSET_LABEL]: "old" } } }),
    ],
  };
  const taken = plan({
    ...base,
    others: new Map([["old", "Repository other"]]),
  });
  assert.equal(taken.conflicts[0]?.owner.name, "Repository other");
  assert.deepEqual(taken.update, []);
  assert.equal(plan(base).conflicts[0]?.owner.name, "apply set old");
  const free = plan({ ...base, free: new Set(["old"]) });
  assert.deepEqual(names(free.update), ["press"]);
  const hubs = live("press", {
    managedFields: [{ manager: "faros-hub", operation: "Apply" }],
  });
  const made = plan({ ...base, live: [hubs] });
  assert.equal(made.conflicts[0]?.owner.name, "the hub");
  assert.deepEqual(made.update, []);
  assert.deepEqual(plan({ ...base, live: [hubs], desired: [] }).delete, []);
});

Deno.test("plan() sees what our manager or kubectl holds and the manifest lacks", () => {
  const held = (manager: string, operation: "Apply" | "Update") =>
    plan({
      setId: SET,
      prune: true,
      desired: [desired("press", { plugins: [{ name: "host" }] })],
      live: [live("press", {
        spec: { plugins: [{ name: "host" }], paused: true },
        managedFields: [{
          manager,
          operation,
          fieldsV1: {
            "f:metadata": {
              "f:annotations": {
                ".": {},
                "f:reconcile.faros.sh/requestedAt": {},
              },
            },
            "f:spec": { ".": {}, "f:plugins": {}, "f:paused": {} },
          },
        }],
      })],
    }).update.map((change) => [change.reasons, change.takeOver]);
  const reasons = ["spec.paused is not in the manifest"];
  assert.deepEqual(held("faros-gitops", "Apply"), [[reasons, false]]);
  assert.deepEqual(held("kubectl-edit", "Update"), [[reasons, true]]);
  assert.deepEqual(held("some-controller", "Update"), []);
});

Deno.test("plan() trusts what was applied and has not changed since, however the server writes it", () => {
  const manifest = desired("press", { interval: "60s" });
  const object = structuredClone(manifest.object);
  object.metadata.labels = { [APPLYSET_LABEL]: SET };
  const known = (resourceVersion: string) =>
    new Map([["edge.faros.sh/Agent/a/press", {
      fingerprint: fingerprint(object),
      resourceVersion,
    }]]);
  const base = {
    setId: SET,
    prune: true,
    desired: [manifest],
    live: [live("press", { spec: { interval: "1m" } })],
  };
  assert.equal(plan({ ...base, known: known("7") }).update.length, 0);
  assert.equal(plan({ ...base, known: known("6") }).update.length, 1);
});

Deno.test("takenOver() hands over what kubectl holds but for requests", () => {
  const { object } = live("press", {
    managedFields: [
      {
        manager: "kubectl-annotate",
        operation: "Update",
        fieldsV1: {
          "f:metadata": {
            "f:annotations": {
              "f:note": {},
              "f:reconcile.faros.sh/requestedAt": {},
            },
          },
        },
      },
      {
        manager: "faros-gitops",
        operation: "Apply",
        fieldsV1: { "f:spec": { "f:plugins": {} } },
      },
      {
        manager: "kubectl",
        operation: "Update",
        subresource: "status",
        fieldsV1: { "f:status": {} },
      },
    ],
  });
  assert.deepEqual(
    takenOver(object)?.map((entry) => [entry.manager, entry.fieldsV1]),
    [
      ["kubectl-annotate", {
        "f:metadata": {
          "f:annotations": { "f:reconcile.faros.sh/requestedAt": {} },
        },
      }],
      ["faros-gitops", {
        "f:spec": { "f:plugins": {} },
        "f:metadata": { "f:annotations": { "f:note": {} } },
      }],
      ["kubectl", { "f:status": {} }],
    ],
  );
});
