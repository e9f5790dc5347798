import assert from "node:assert/strict";
import { configMap, MAPS } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

export const lists: Scenario = {
  name: "lists page by page, by label and across namespaces",
  async run(client) {
    const labels = { list: "yes" };
    for (let i = 0; i < 7; i++) {
      const object = configMap(`page-${i}`);
      object.metadata.labels = labels;
      await client.create(MAPS, object);
    }
    const paged = await client.listAll(MAPS, {
      labelSelector: "list=yes",
      limit: 3,
    });
    assert.deepEqual(
      paged.items.map((i) => i.metadata.name),
      [0, 1, 2, 3, 4, 5, 6].map((i) => `page-${i}`),
    );
    assert.equal(paged.items[0]!.kind, "ConfigMap");
    assert.equal(paged.metadata.continue, undefined);
    const one = await client.list(MAPS, {
      namespace: "default",
      fieldSelector: "metadata.name=page-3",
    });
    assert.equal(one.items.length, 1);
    const none = await client.list(MAPS, {
      namespace: "kube-public",
      labelSelector: "list=yes",
    });
    assert.equal(none.items.length, 0);
  },
};
