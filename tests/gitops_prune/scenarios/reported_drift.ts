import assert from "node:assert/strict";
import { ConfigMap } from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import type { Repository } from "../../../api/repository.ts";
import { isTrue } from "../../../kube/mod.ts";
import { configMap, workspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const reportedDrift: Scenario = {
  name:
    "drift that is to be reported is told and stays, until a commit changes the object",
  spec: { drift: "report" },
  async run(site, env) {
    const { client } = env;
    const scope = { namespace: site.name };
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("maps.yaml")]: [
          configMap("one", "1"),
          configMap("two", "1"),
        ]
          .join("---\n"),
      }),
    );
    await client.patch(ConfigMap, "one", { data: { value: "edited" } }, {
      ...scope,
      fieldManager: "kubectl-edit",
    });
    await client.delete(ConfigMap, "two", scope);
    const value = async () =>
      (await client.get<KubeObject & { data: { value: string } }>(
        ConfigMap,
        "one",
        scope,
      )).data.value;
    const told = (status: NonNullable<Repository["status"]>) =>
      Object.fromEntries(
        (status.drift?.first ?? []).map(({ name, fields }) => [name, fields]),
      );
    const status = await site.status((s) => s.drift?.objects === 2);
    assert.deepEqual(told(status), {
      one: ["data.value differs"],
      two: ["was deleted"],
    });
    assert.ok(isTrue(status.conditions, "Drifted"));
    assert.ok(isTrue(status.conditions, "Ready"));
    assert.ok(env.gitops.stats.driftReported >= 2);
    // It is told after a restart as well, and by a sync.
    await env.restart();
    const again = await site.status((s) => s.drift && s.drift.objects === 1);
    assert.deepEqual(told(again), { one: ["data.value differs"] });
    assert.equal(await value(), "edited");
    // What was deleted is made anew by the sync of a hub that starts.
    assert.ok(await client.get(ConfigMap, "two", scope));
    await site.applied(
      await site.push({
        [site.file("maps.yaml")]: [
          configMap("one", "2"),
          configMap("two", "1"),
        ]
          .join("---\n"),
      }),
    );
    assert.equal(await value(), "2");
    await site.status((s) => !s.drift && !isTrue(s.conditions, "Drifted"));
  },
};
