import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import { Registration } from "../../../api/registration.ts";
import { isTrue } from "../../../kube/conditions.ts";
import { APIExportEndpointSlice } from "../../../kube/kcp/kinds.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { HUB, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

export const endpoints: Scenario = {
  name:
    "an endpoint slice that was deleted takes nothing from anybody, and is back with the next hub",
  async run(environment) {
    const hub = await environment.admin(HUB);
    const inside = await environment.admin(`${HUB}:site-a`);
    const scope = { namespace: "default" };
    const accepted = async (name: string) => {
      const agent: Agent = {
        apiVersion: Agent.apiVersion,
        kind: Agent.kind,
        metadata: { name, ...scope },
        spec: {},
      };
      await inside.create(Agent, agent);
      await eventually(async () => {
        const { status } = await inside.get<Agent>(Agent, name, scope);
        return isTrue(status?.conditions, "Ready");
      }, { timeout: TIMEOUT, what: `the hub had accepted ${name}` });
    };
    const registration: Registration = {
      apiVersion: Registration.apiVersion,
      kind: Registration.kind,
      metadata: { name: "line", ...scope },
      spec: { approval: "Automatic" },
    };
    await inside.create(Registration, registration);
    const account = () =>
      inside.tryGet(core.ServiceAccount, "join-line", scope);
    await eventually(account, { timeout: TIMEOUT, what: "it was there" });
    const before = await account();

    await hub.delete(APIExportEndpointSlice, Agent.group);
    await eventually(
      () =>
        environment.logs.some((line) => line.includes("is named no longer")),
      { timeout: TIMEOUT, what: "the hub had heard of it" },
    );
    await accepted("without-slice");
    assert.equal((await account())?.metadata.uid, before!.metadata.uid);

    await environment.stopHub();
    await environment.startHub();
    await hub.get(APIExportEndpointSlice, Agent.group);
    await accepted("with-slice");
    assert.equal((await account())?.metadata.uid, before!.metadata.uid);

    // What is asked about a workspace, the workspace answers.
    for (
      const [namespace, allowed] of [["site-a", true], [
        "site-b",
        false,
      ]] as const
    ) {
      const answer = await environment.kcp.client.accessReview({
        user: "ann",
        groups: ["system:authenticated"],
        verb: "list",
        group: Agent.group,
        version: Agent.version,
        resource: Agent.plural,
        namespace,
      });
      assert.equal(answer.allowed, allowed, namespace);
    }
  },
};
