import assert from "node:assert/strict";
import { Repository } from "../../../api/repository.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { Scenario } from "../scenario.ts";
import { WAIT } from "../world.ts";

export const metrics: Scenario = {
  name: "metrics of every stage",
  async run(world) {
    const { up, git } = world;
    await world.applied(
      await git.push({
        "fleet/workspaces/south/settings.yaml":
          "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n",
      }),
    );
    using http = Deno.createHttpClient({ caCerts: [up.caData] });
    const text = async () =>
      await (await fetch(`${up.hubUrl}/metrics`, { client: http })).text();
    const value = (metrics: string, name: string) =>
      Number(
        metrics.split("\n").find((line) => line.startsWith(`${name} `))
          ?.split(" ").at(-1),
      );
    const now = await text();
    const page = await Deno.readTextFile(
      new URL("../../../docs/gitops.md", import.meta.url),
    );
    const names = (of: string, pattern: RegExp) =>
      [...new Set([...of.matchAll(pattern)].map(([, name]) => name))].sort();
    assert.deepEqual(
      names(page, /^\| `(faros_\w+)`/gm),
      names(
        now,
        /^# TYPE (faros_(?:gitops|repository|webhooks|notif|forge)\w+)/gm,
      ),
      "docs/gitops.md lists them all",
    );
    const stages = ["fetch", "load", "plan", "apply", "prune", "sync", "drift"];
    for (const stage of stages) {
      const of = `repository="fleet",stage="${stage}"`;
      const total = value(
        now,
        `faros_gitops_stages_total{${of},result="success"}`,
      );
      assert.ok(total >= 1, `${stage} in ${now}`);
      const last = `faros_gitops_last_success_timestamp_seconds{${of}}`;
      assert.ok(value(now, last) > 1.7e9);
      const count = `faros_gitops_stage_duration_seconds_count{${of}}`;
      assert.ok(value(now, count) >= total);
    }
    const failed = (repository: string, stage: string) =>
      value(
        now,
        `faros_gitops_stages_total{repository="${repository}",stage="${stage}",result="failure"}`,
      );
    assert.ok(failed("broken", "fetch") >= 1);
    assert.ok(failed("fleet", "load") >= 1);
    assert.equal(value(now, 'faros_repository_ready{repository="fleet"}'), 1);
    assert.equal(value(now, 'faros_repository_ready{repository="broken"}'), 0);
    const devices = (state: string) =>
      value(
        now,
        `faros_repository_devices{repository="fleet",state="${state}"}`,
      );
    assert.deepEqual([devices("total"), devices("converged")], [2, 1]);
    assert.ok(
      value(
        now,
        'faros_gitops_objects_total{repository="fleet",change="deleted"}',
      ) >= 1,
    );
    await up.client.delete(Repository, "broken");
    await eventually(
      async () => !(await text()).includes('repository="broken"'),
      { ...WAIT, what: "nothing is told of what is no more" },
    );
  },
};
