import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import { Workspace } from "../../../api/workspace.ts";
import { getCondition } from "../../../kube/conditions.ts";
import { KcpWorkspace } from "../../../kube/kcp/kinds.ts";
import { HUB } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

export const deletion: Scenario = {
  name:
    "deleting a Workspace waits for its content, says what holds it, and leaves room for another of its name",
  async run(environment) {
    const hub = await environment.admin(HUB);
    const inside = await environment.workspace("site-c");
    const agent: Agent = {
      apiVersion: Agent.apiVersion,
      kind: Agent.kind,
      metadata: {
        name: "held",
        namespace: "default",
        finalizers: ["example.com/held"],
      },
      spec: {},
    };
    await inside.create(Agent, agent);
    const before = await hub.get<KcpWorkspace>(KcpWorkspace, "site-c");

    await hub.delete(Workspace, "site-c");
    await environment.untilWorkspace("site-c", (w) => {
      const { message } = getCondition(w?.status?.conditions, "Ready") ?? {};
      return /root:faros:site-c is being deleted.*agents\.edge\.faros\.sh/
        .test(message ?? "");
    });
    await inside.patch(Agent, "held", { metadata: { finalizers: null } }, {
      namespace: "default",
    });
    await environment.untilWorkspace("site-c", (w) => w === undefined);
    assert.equal(await hub.tryGet(KcpWorkspace, "site-c"), undefined);

    await environment.workspace("site-c");
    const after = await hub.get<KcpWorkspace>(KcpWorkspace, "site-c");
    assert.notEqual(after.spec.cluster, before.spec.cluster);
    const { items } = await environment.kcp.client.list(Agent, {
      namespace: "site-c",
    });
    assert.deepEqual(items, []);
  },
};
