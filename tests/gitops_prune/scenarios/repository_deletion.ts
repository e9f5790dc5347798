import assert from "node:assert/strict";
import { APPROVE_ANNOTATION } from "../../../api/names.ts";
import { Repository } from "../../../api/repository.ts";
import { Workspace } from "../../../api/workspace.ts";
import { getCondition } from "../../../kube/mod.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { agents, workspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const repositoryDeletion: Scenario = {
  name:
    "a Repository that is deleted takes all along where it says so, once approved",
  spec: { deletionPolicy: "Delete" },
  async run(site, { client }) {
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("agents.yaml")]: agents(0, 2),
      }),
    );
    await client.delete(Repository, site.name);
    const status = await site.refused("PruneNeedsApproval");
    assert.match(
      getCondition(status.conditions, "Ready")!.message,
      /the Repository is being deleted/,
    );
    assert.equal((await site.agents()).length, 2);
    await site.annotate({
      [APPROVE_ANNOTATION]: status.pendingPrunes!.map((p) => p.token).join(),
    });
    await eventually(
      async () =>
        !await client.tryGet(Repository, site.name) &&
        !await client.tryGet(Workspace, site.name),
      { timeout: TIMEOUT, what: "Repository and Workspace were gone" },
    );
  },
};
