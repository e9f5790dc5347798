import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import { Enrollment } from "../../../api/enrollment.ts";
import { inWorkspace, siteFiles } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const prune: Scenario = {
  name: "deleting an agent's file removes the Agent and its credentials",
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

    await environment.sync({ [inWorkspace(workspace, "mill-1.yaml")]: null });

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
