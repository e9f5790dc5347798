import assert from "node:assert/strict";
import { Repository } from "../../../api/repository.ts";
import { getCondition, isTrue } from "../../../kube/mod.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { agents, workspace } from "../manifests.ts";
import { uids } from "../objects.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const otherRepository: Scenario = {
  name: "what another Repository keeps is its own, until that is deleted",
  async run(site, env) {
    const { client } = env;
    const commit = await site.push({
      [site.file("workspace.yaml")]: workspace(site.name),
      [site.file("agents.yaml")]: agents(0, 2),
    });
    await site.applied(commit);
    const before = await site.agents();
    const second = { name: `${site.name}-second` };
    await env.follow({ url: site.git.path }, second);
    const status = await env.status(
      (s) =>
        getCondition(s.conditions, "Ready")?.reason === "OwnershipConflict",
      {
        ...second,
        timeout: TIMEOUT,
      },
    );
    assert.match(
      status.lastError!.message,
      new RegExp(`Repository ${site.name} keeps it`),
    );
    await client.delete(Repository, site.name);
    await eventually(async () => !await client.tryGet(Repository, site.name));
    await env.follow({ url: site.git.path, interval: "2m" }, second);
    await env.status(
      (s) => s.appliedCommit === commit && isTrue(s.conditions, "Ready"),
      { ...second, timeout: TIMEOUT },
    );
    assert.deepEqual(uids(await site.agents()), uids(before));
    await client.delete(Repository, second.name);
  },
};
