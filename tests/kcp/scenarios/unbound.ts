import { Agent } from "../../../api/agent.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { isTrue } from "../../../kube/conditions.ts";
import { APIBinding } from "../../../kube/kcp/kinds.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { HUB, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

interface Binding extends KubeObject {
  spec: { reference: { export: { name: string } } };
}

export const unbound: Scenario = {
  name:
    "a binding that was deleted in a workspace comes back, and the hub goes on",
  async run(environment) {
    const inside = await environment.admin(`${HUB}:site-b`);
    const { items } = await inside.list<Binding>(APIBinding);
    const own = items.find((b) => b.spec.reference.export.name === Agent.group);
    await inside.delete(APIBinding, own!.metadata.name, {
      uid: own!.metadata.uid,
    });
    await eventually(async () => {
      const { items } = await inside.list<Binding>(APIBinding);
      return items.some((b) =>
        b.spec.reference.export.name === Agent.group &&
        b.metadata.uid !== own!.metadata.uid
      );
    }, { timeout: TIMEOUT, what: "the binding was back" });
    const agent: Agent = {
      apiVersion: Agent.apiVersion,
      kind: Agent.kind,
      metadata: { name: "again", namespace: "default" },
      spec: {},
    };
    await eventually(
      () => inside.create(Agent, agent).then(() => true, () => false),
      { timeout: TIMEOUT, what: "the kind was served again" },
    );
    await eventually(async () => {
      const { status } = await inside.get<Agent>(Agent, "again", {
        namespace: "default",
      });
      return isTrue(status?.conditions, "Ready");
    }, { timeout: TIMEOUT, what: "the hub had accepted the Agent" });
  },
};
