import assert from "node:assert/strict";
import { ConfigMap, Event } from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { APPROVE_ANNOTATION } from "../../../api/names.ts";
import { getCondition } from "../../../kube/mod.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { agent, agents, configMap, workspace } from "../manifests.ts";
import { isSuspended, uids } from "../objects.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const approval: Scenario = {
  name:
    "removing more than the guard lets go waits for approval of exactly that",
  async run(site, env) {
    const { client } = env;
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("agents.yaml")]: agents(0, 30),
        [site.file("net.yaml")]: configMap("site", "1"),
      }),
    );
    const before = await site.agents();
    const commit = await site.push({
      [site.file("agents.yaml")]: agents(0, 5) + "---\n" + agent("new"),
      [site.file("net.yaml")]: configMap("site", "2"),
    });
    const status = await site.held(commit);
    assert.equal(status.pendingPrunes?.length, 1);
    const [held] = status.pendingPrunes;
    assert.equal(held!.workspace, site.name);
    assert.equal(held!.objects, 25);
    assert.deepEqual(held!.kinds, [{
      kind: "Agent",
      count: 25,
      names: ["press-10", "press-11", "press-12", "press-13", "press-14"],
    }]);
    const ready = getCondition(status.conditions, "Ready");
    assert.match(
      ready!.message,
      /25 Agents \(press-10, .*25 of 32 objects \(25 Agents\)/,
    );
    assert.match(ready!.message, /kubectl faros repository approve/);
    assert.equal(status.workspaceCounts?.waiting, 1);
    // The rest of the commit goes on meanwhile.
    const now = await site.agents();
    assert.equal(now.length, 31);
    assert.ok(!now.some(isSuspended));
    const map = await client.get<KubeObject & { data: unknown }>(
      ConfigMap,
      "site",
      { namespace: site.name },
    );
    assert.deepEqual(map.data, { value: "2" });
    await eventually(async () => {
      const { items } = await client.list<
        KubeObject & { reason: string; involvedObject: { name: string } }
      >(Event, { namespace: "default" });
      return items.some((e) =>
        e.reason === "PruneNeedsApproval" &&
        e.involvedObject.name === site.name
      );
    }, { timeout: TIMEOUT, what: "an Event about it" });
    // Neither another's approval nor a restart lets it go.
    await site.annotate({ [APPROVE_ANNOTATION]: "0123456789abcdef" });
    await env.restart();
    await eventually(() => env.gitops.stats.syncs > 0, { timeout: TIMEOUT });
    const again = await site.held(commit);
    assert.equal(again.pendingPrunes?.[0]?.token, held!.token);
    assert.ok(!(await site.agents()).some(isSuspended));

    await site.annotate({ [APPROVE_ANNOTATION]: held!.token });
    const after = await site.applied(commit);
    assert.equal(after.pendingPrunes, undefined);
    assert.equal(after.objects?.suspended, 25);
    assert.equal((await site.agents()).filter(isSuspended).length, 25);
    // Suspended for a day: an undo finds the very same Agents.
    await site.applied(
      await site.push({
        [site.file("agents.yaml")]: agents(0, 30) + "---\n" + agent("new"),
      }),
    );
    const back = await site.agents();
    assert.ok(!back.some(isSuspended));
    assert.deepEqual(
      uids(back.filter((a) => a.metadata.name !== "new")),
      uids(before),
    );
  },
};
