import assert from "node:assert/strict";
import { getCondition } from "../../../kube/mod.ts";
import { agents, workspace } from "../manifests.ts";
import { isSuspended, uids } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

export const emptyPath: Scenario = {
  name: "a path that leads nowhere deletes nothing",
  async run(site) {
    const commit = await site.push({
      [site.file("workspace.yaml")]: workspace(site.name),
      [site.file("agents.yaml")]: agents(0, 2),
      "docs/README.md": "Nothing to apply\n",
      [`root/${site.name}.yaml`]: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${site.name}}
`,
    });
    await site.applied(commit);
    const before = await site.agents();
    await site.follow({ path: "docs" });
    const status = await site.held(commit);
    assert.deepEqual(
      status.pendingPrunes?.map((p) => p.workspace ?? "root/").sort(),
      [site.name, "root/"].sort(),
    );
    assert.match(
      getCondition(status.conditions, "Ready")!.message,
      /no manifest in this commit.*check spec.path/,
    );
    await site.follow({ path: "" });
    await site.applied(commit);
    assert.deepEqual(uids(await site.agents()), uids(before));
    assert.ok(!(await site.agents()).some(isSuspended));
  },
};
