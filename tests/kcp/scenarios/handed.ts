import { Agent } from "../../../api/agent.ts";
import { WORKSPACE_LABEL } from "../../../api/names.ts";
import { isTrue } from "../../../kube/conditions.ts";
import { KcpWorkspace } from "../../../kube/kcp/kinds.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { HUB, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

export const handed: Scenario = {
  name:
    "a kcp workspace that an administrator made and labelled becomes the Workspace of its name",
  async run(environment) {
    const hub = await environment.admin(HUB);
    await hub.create<KcpWorkspace>(KcpWorkspace, {
      apiVersion: "tenancy.kcp.io/v1alpha1",
      kind: KcpWorkspace.kind,
      metadata: { name: "handed", labels: { [WORKSPACE_LABEL]: "handed" } },
      spec: { type: { name: "faros", path: HUB } },
    });
    const inside = await environment.workspace("handed");
    const agent: Agent = {
      apiVersion: Agent.apiVersion,
      kind: Agent.kind,
      metadata: { name: "press-1", namespace: "default" },
      spec: {},
    };
    await inside.create(Agent, agent);
    await eventually(async () => {
      const { status } = await inside.get<Agent>(Agent, "press-1", {
        namespace: "default",
      });
      return isTrue(status?.conditions, "Ready");
    }, { timeout: TIMEOUT, what: "the hub had accepted the Agent" });
  },
};
