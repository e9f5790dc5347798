import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import { Enrollment } from "../../../api/enrollment.ts";
import { Monitoring } from "../../../api/monitoring.ts";
import { getCondition } from "../../../kube/conditions.ts";
import {
  agentManifest,
  inWorkspace,
  monitoringManifest,
  siteFiles,
} from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const prune: Scenario = {
  name:
    "an agent whose file is deleted is suspended, comes back with it, and goes with its credentials when its time is over",
  async run(environment) {
    const workspace = "site-prune";
    const { client, namespace } = await environment.in(workspace);
    await environment.sync(siteFiles(workspace, { agents: ["mill-1"] }));
    const device = await environment.join(workspace, "mill-1");
    await environment.untilConverged(device);
    const credentials = [core.ServiceAccount, core.Role, core.RoleBinding];
    for (const resource of credentials) {
      await client.get(resource, "agent-mill-1", { namespace });
    }

    const file = inWorkspace(workspace, "mill-1.yaml");
    const before = await environment.agentOf(device);
    const { assignment } = before.status!;

    await environment.sync({ [file]: null });
    await environment.until(
      "the Agent was suspended",
      async () => {
        const agent = await environment.agentOf(device);
        return getCondition(agent.status?.conditions, "Ready")?.reason ===
          "Suspended";
      },
    );
    // What changes meanwhile does not reach it.
    await environment.sync({
      [inWorkspace(workspace, "monitoring.yaml")]: monitoringManifest("7s"),
    });
    await environment.until("the hub had seen the change", async () => {
      const { metadata, status } = await client.get<Monitoring>(
        Monitoring,
        "host",
        { namespace },
      );
      return getCondition(status?.conditions, "Ready")?.observedGeneration ===
        metadata.generation;
    });
    const suspended = await environment.agentOf(device);
    assert.deepEqual(suspended.status?.assignment, assignment);
    const listed = await environment.faros(
      ...["agent", "get", "-w", workspace],
    );
    assert.match(listed.stdout, /mill-1 .* Suspended /);
    for (const resource of credentials) {
      await client.get(resource, "agent-mill-1", { namespace });
    }
    // Back in Git, it is the same Agent, and gets what it missed.
    await environment.sync({ [file]: agentManifest("mill-1") });
    const back = await environment.untilConverged(
      device,
      (agent) => agent.status?.assignment?.revision !== assignment?.revision,
    );
    assert.equal(back.metadata.uid, before.metadata.uid);

    await environment.setTombstone("0s");
    await environment.sync({ [file]: null });
    await environment.setTombstone(null);

    await environment.until(
      "the Agent and its credentials were gone",
      async () => {
        const left = await Promise.all([
          client.tryGet(Agent, "mill-1", { namespace }),
          ...credentials.map((resource) =>
            client.tryGet(resource, "agent-mill-1", { namespace })
          ),
        ]);
        return left.every((object) => object === undefined);
      },
    );
    // The device lives on and asks to join again, but must not make itself a new Agent.
    await environment.until("the device was told so", async () => {
      const { items } = await client.listAll<Enrollment>(Enrollment, {
        namespace,
      });
      return items.length === 1 &&
        items[0]!.status?.conditions?.some((c) => c.reason === "AgentDeleted");
    });
    await environment.until(
      "the device asked to join again",
      () => Promise.resolve(device.agent.tail().includes("enrols again")),
    );
    assert.equal(
      await client.tryGet(Agent, "mill-1", { namespace }),
      undefined,
    );
    // Nobody but a signed order makes a device wipe itself: it lives on.
    assert.equal(device.agent.status, undefined);
    await device.agent.stop();
  },
};
