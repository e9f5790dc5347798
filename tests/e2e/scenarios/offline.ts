import assert from "node:assert/strict";
import { inWorkspace, monitoringManifest } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const offline: Scenario = {
  name:
    "an agent killed and started with the hub down runs from disk, and converges once the hub is back",
  async run(environment, { workspace, devices: [, device] }) {
    const before = await environment.untilConverged(device);
    await device.agent.kill();
    await environment.engine.hub.stop();

    device.start();
    await environment.until(
      "the plugin ran from disk",
      () => device.agent.tail(2000).includes("Plugin runs"),
    );
    assert.equal(device.agent.status, undefined);

    await environment.engine.startHub();
    await environment.sync({
      [inWorkspace(workspace, "monitoring.yaml")]: monitoringManifest("13s"),
    });
    await environment.untilConverged(
      device,
      ({ status }) => status!.revision !== before.status!.revision,
    );
  },
};
