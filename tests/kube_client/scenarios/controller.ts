import { createInformer } from "../../../kube/informer.ts";
import { runController } from "../../../kube/reconciler.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { type ConfigMap, configMap, MAPS } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

export const controller: Scenario = {
  name: "runs a controller that brings about what it observes",
  async run(client) {
    const stop = new AbortController();
    const informer = createInformer<ConfigMap>(client, MAPS, {
      namespace: "default",
      labelSelector: "controller=yes",
      signal: stop.signal,
    });
    const running = runController({
      name: "upper",
      signal: stop.signal,
      sources: [{ informer }],
      reconcile: async ({ namespace, name }, { signal }) => {
        const object = informer.get(namespace, name);
        if (!object) return;
        await client.apply(MAPS, {
          ...configMap(name, { upper: object.data!.text!.toUpperCase() }),
        }, { fieldManager: "upper", signal });
      },
    });
    const object = configMap("reconciled", { text: "abc" });
    object.metadata.labels = { controller: "yes" };
    await client.create(MAPS, object);
    const becomes = (upper: string) =>
      eventually(async () =>
        (await client.get<ConfigMap>(MAPS, "reconciled")).data?.upper === upper
      );
    await becomes("ABC");
    await client.patch(MAPS, "reconciled", { data: { text: "xyz" } });
    await becomes("XYZ");
    stop.abort();
    await Promise.all([running, informer.done]);
  },
};
