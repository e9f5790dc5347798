import assert from "node:assert/strict";
import { Workspace } from "../../../api/workspace.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { agents, workspace } from "../manifests.ts";
import { isSuspended } from "../objects.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const workspaceRemoval: Scenario = {
  name:
    "a Workspace with content goes by a trailer of the commit, after its tombstone",
  spec: { tombstone: "3s" },
  async run(site, { client }) {
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("agents.yaml")]: agents(0, 1),
        "workspaces/empty-site/workspace.yaml": workspace("empty-site"),
      }),
    );
    const { metadata: { uid } } = await client.get(Workspace, site.name);
    const removed = await site.push({
      [`workspaces/${site.name}`]: null,
      // One without anything in it needs no approval.
      "workspaces/empty-site": null,
      "workspaces/other-site/workspace.yaml": workspace("other-site"),
    });
    const status = await site.held(removed);
    assert.deepEqual(
      status.pendingPrunes?.map((p) => [
        p.workspace,
        p.kinds.map((k) => k.kind),
      ]),
      [[site.name, ["Agent", "Workspace"]]],
    );
    await eventually(
      async () => !await client.tryGet(Workspace, "empty-site"),
      { timeout: TIMEOUT, what: "the empty Workspace was gone" },
    );
    await site.applied(
      await site.push({}, {
        message: `Close the site\n\nFaros-Approve-Prune: ${site.name}`,
      }),
    );
    const suspended = await client.get(Workspace, site.name);
    assert.equal(suspended.metadata.uid, uid);
    assert.ok(isSuspended(suspended));
    await eventually(
      async () => !await client.tryGet(Workspace, site.name),
      { timeout: TIMEOUT, what: "the Workspace was gone" },
    );
  },
};
