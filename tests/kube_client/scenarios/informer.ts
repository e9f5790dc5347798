import assert from "node:assert/strict";
import { createInformer } from "../../../kube/informer.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { type ConfigMap, configMap, MAPS } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

export const informer: Scenario = {
  name: "follows a resource with an informer",
  async run(client) {
    const stop = new AbortController();
    const informer = createInformer<ConfigMap>(client, MAPS, {
      namespace: "default",
      labelSelector: "informer=yes",
      signal: stop.signal,
      // Renewed again and again meanwhile.
      watchTimeoutSeconds: 1,
    });
    const seen: string[] = [];
    informer.on(({ type, object }) =>
      seen.push(`${type} ${object.metadata.name} ${object.data?.n ?? ""}`)
    );
    await informer.synced;
    const object = configMap("followed", { n: "0" });
    object.metadata.labels = { informer: "yes" };
    await client.create(MAPS, object);
    for (let n = 1; n <= 5; n++) {
      await client.patch(MAPS, "followed", { data: { n: String(n) } });
      await eventually(() =>
        informer.get("default", "followed")?.data?.n === String(n)
      );
    }
    await client.delete(MAPS, "followed");
    await eventually(() => informer.list().length === 0);
    assert.deepEqual(seen, [
      "added followed 0",
      "updated followed 1",
      "updated followed 2",
      "updated followed 3",
      "updated followed 4",
      "updated followed 5",
      "deleted followed 5",
    ]);
    stop.abort();
    await informer.done;
  },
};
