import assert from "node:assert/strict";
import type { KubeObject } from "../../../api/meta.ts";
import { markReady, setCondition } from "../../../kube/conditions.ts";
import type { Resource } from "../../../kube/resource.ts";
import { applyStatus } from "../../../kube/status.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { Scenario } from "../scenario.ts";

const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};
const WIDGETS: Resource = {
  group: "test.faros.sh",
  version: "v1",
  plural: "widgets",
  kind: "Widget",
  namespaced: true,
};

interface Widget extends KubeObject {
  spec?: { size?: number };
  status?: Record<string, unknown>;
}

const WIDGET_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.faros.sh" },
  spec: {
    group: "test.faros.sh",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget" },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            spec: {
              type: "object",
              properties: { size: { type: "integer" } },
            },
            status: {
              type: "object",
              "x-kubernetes-preserve-unknown-fields": true,
              properties: {
                conditions: {
                  type: "array",
                  "x-kubernetes-list-type": "map",
                  "x-kubernetes-list-map-keys": ["type"],
                  items: {
                    type: "object",
                    required: ["type"],
                    properties: Object.fromEntries(
                      [
                        "type",
                        "status",
                        "reason",
                        "message",
                        "lastTransitionTime",
                      ].map((name) => [name, { type: "string" }]),
                    ),
                  },
                },
                names: {
                  type: "array",
                  "x-kubernetes-list-type": "set",
                  items: { type: "string" },
                },
              },
            },
          },
        },
      },
    }],
  },
};

export const status: Scenario = {
  name: "writes a status only where that changes something",
  async run(client) {
    await client.create(CRDS, WIDGET_CRD);
    assert.equal(
      await client.discover("test.faros.sh/v1", "Nope"),
      undefined,
    );
    assert.deepEqual(
      await eventually(() => client.discover("test.faros.sh/v1", "Widget")),
      WIDGETS,
    );
    const widget = await eventually(() =>
      client.create<Widget>(WIDGETS, {
        apiVersion: "test.faros.sh/v1",
        kind: "Widget",
        metadata: { name: "w", namespace: "default" },
        spec: { size: 1 },
      })
    );
    const mark = { reason: "R", message: "m" };
    const hub = {
      conditions: markReady(undefined, mark),
      names: ["b", "a"],
      nested: { deep: [1, 2], none: undefined },
    };
    const options = { fieldManager: "hub" };
    const first = await applyStatus(client, WIDGETS, widget, hub, options);
    assert.notEqual(first, widget);
    const again = await applyStatus(client, WIDGETS, first, hub, options);
    assert.equal(again, first, "nothing was sent");
    // The device has its own part.
    const device = {
      conditions: setCondition(
        undefined,
        { type: "UpToDate", status: "True", ...mark },
      ),
      revision: "abc",
    };
    const both = await applyStatus(client, WIDGETS, first, device, {
      fieldManager: "agent",
    });
    assert.deepEqual(both.status, {
      conditions: [...hub.conditions, ...device.conditions],
      names: ["b", "a"],
      nested: { deep: [1, 2] },
      revision: "abc",
    });
    assert.equal(
      await applyStatus(client, WIDGETS, both, hub, options),
      both,
      "the other's part is no reason to write",
    );
    // What we say no more goes away, and only that.
    const less = await applyStatus(
      client,
      WIDGETS,
      both,
      { conditions: hub.conditions },
      options,
    );
    assert.deepEqual(Object.keys(less.status!).sort(), [
      "conditions",
      "revision",
    ]);
    assert.equal(less.metadata.generation, 1);
    const late = { ...options, ifUnchanged: true };
    const news = { ...hub, names: ["c"] };
    await assert.rejects(applyStatus(client, WIDGETS, both, news, late), {
      name: "KubeApiError",
      code: 409,
    });
    await applyStatus(client, WIDGETS, less, news, late);
    await client.delete(WIDGETS, "w");
    await assert.rejects(applyStatus(client, WIDGETS, less, hub, options), {
      name: "KubeApiError",
    });
  },
};
