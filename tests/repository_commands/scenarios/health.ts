import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Monitoring } from "../../../api/monitoring.ts";
import { Repository } from "../../../api/repository.ts";
import { Workspace } from "../../../api/workspace.ts";
import {
  argoHealth,
  fluxHealth,
} from "../../../cli/generate/health_testing.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { Scenario } from "../scenario.ts";
import { WAIT } from "../world.ts";

/** The states that the hub's controllers have put all this in, as others see them. */
export const health: Scenario = {
  name: "Argo CD and Flux see it as it is",
  async run(world) {
    const { client } = world.up;
    const north = { namespace: "north" };
    const seen = async (object: Promise<KubeObject>) => {
      const found = await object;
      return [argoHealth(found).status, fluxHealth(found)];
    };
    const repository = (name: string) => client.get(Repository, name);
    assert.deepEqual(await seen(repository("fleet")), ["Healthy", "Current"]);
    assert.deepEqual(await seen(repository("broken")), [
      "Progressing",
      "InProgress",
    ]);
    await world.ok("suspend", "broken");
    await eventually(
      async () =>
        (await seen(repository("broken"))).join() ===
          "Suspended,Current",
      { ...WAIT, what: "both see the suspension, once the hub has" },
    );
    assert.deepEqual(await seen(client.get(Workspace, "north")), [
      "Healthy",
      "Current",
    ]);
    assert.deepEqual(await seen(client.get(Agent, "press-1", north)), [
      "Healthy",
      "Current",
    ]);
    assert.deepEqual(
      await seen(client.get(Monitoring, "host", north)),
      ["Degraded", "Failed"],
      "nothing serves it",
    );
  },
};
