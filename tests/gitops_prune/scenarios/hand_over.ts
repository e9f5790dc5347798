import assert from "node:assert/strict";
import { ConfigMap } from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { configMap, workspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const handOver: Scenario = {
  name: "what is handed over to another engine is neither put back nor deleted",
  async run(site, { client }) {
    const namespace = site.name;
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("map.yaml")]: configMap("map", "ours"),
        [site.file("other.yaml")]: configMap("other", "1"),
      }),
    );
    await client.patch(ConfigMap, "map", {
      metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "apps" } },
      data: { value: "theirs" },
    }, { namespace, fieldManager: "kustomize-controller" });
    const status = await site.refused("OwnershipConflict");
    assert.match(status.lastError!.message, /Flux Kustomization apps/);
    await site.applied(await site.push({ [site.file("map.yaml")]: null }));
    const map = await client.get<KubeObject & { data: unknown }>(
      ConfigMap,
      "map",
      { namespace },
    );
    assert.deepEqual(map.data, { value: "theirs" });
  },
};
