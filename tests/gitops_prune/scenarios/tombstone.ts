import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { agents, configMap, workspace } from "../manifests.ts";
import { isSuspended } from "../objects.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const tombstone: Scenario = {
  name:
    "a suspended Agent is deleted when its tombstone ends, and nothing before",
  spec: {
    tombstone: "2s",
  },
  async run(site) {
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("agents.yaml")]: agents(0, 3),
        [site.file("kept.yaml")]: configMap(
          "kept",
          "1",
          `\n  annotations: {faros.sh/prune: disabled}`,
        ),
      }),
    );
    const before = await site.agents();
    // Files move and change their names, as people tidy up.
    await site.applied(
      await site.push({
        [site.file("agents.yaml")]: null,
        [site.file("line/2.yaml")]: agents(2, 3),
        [site.file("line/all.json")]: JSON.stringify({
          apiVersion: "v1",
          kind: "List",
          items: [0, 1].map((i) => ({
            apiVersion: Agent.apiVersion,
            kind: "Agent",
            metadata: { name: `press-${i}` },
          })),
        }),
      }),
    );
    const versions = (all: Agent[]) =>
      all.map((a) => a.metadata.resourceVersion).sort();
    assert.deepEqual(versions(await site.agents()), versions(before));
    const status = await site.applied(
      await site.push({
        [site.file("line/2.yaml")]: null,
        [site.file("kept.yaml")]: null,
      }),
    );
    assert.equal(status.objects?.suspended, 1);
    assert.equal(status.objects?.deleted, 0);
    const suspended = (await site.agents()).filter(isSuspended);
    assert.deepEqual(suspended.map((a) => a.metadata.name), ["press-2"]);
    await eventually(
      async () => (await site.agents()).length === 2,
      { timeout: TIMEOUT, what: "press-2 was deleted" },
    );
  },
};
