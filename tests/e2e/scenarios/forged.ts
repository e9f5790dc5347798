import assert from "node:assert/strict";
import type { Assignment } from "../../../api/agent.ts";
import { inWorkspace, monitoringManifest } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const forged: Scenario = {
  name:
    "an assignment written by hand, copied or replayed is ignored by the device, which says so",
  async run(environment, { workspace, devices: [device, other] }) {
    const old = (await environment.agentOf(device)).status!.assignment!;
    await environment.sync({
      [inWorkspace(workspace, "monitoring.yaml")]: monitoringManifest("12s"),
    });
    const current = (await environment.untilConverged(
      device,
      ({ status }) => status!.revision !== old.revision,
    )).status!;
    const copied = (await environment.untilConverged(
      other,
      ({ status }) => status!.revision === current.revision,
    )).status!.assignment!;
    const attempts: Record<string, Assignment> = {
      "written by hand": {
        ...current.assignment!,
        revision: old.revision,
        counter: current.counter! + 1_000_000,
      },
      "copied from another device": {
        ...copied,
        counter: copied.counter,
      },
      "replayed with an old counter": old,
    };
    const { kubectl } = await environment.in(workspace);
    for (const [what, assignment] of Object.entries(attempts)) {
      const said = countRefusals();
      const patched = await kubectl([
        ...["patch", "agent", device.name],
        ...["--subresource=status", "--type=merge"],
        ...["-p", JSON.stringify({ status: { assignment } })],
      ]);
      assert.equal(patched.code, 0, patched.stderr);
      await environment.until(
        `the device refused the assignment ${what}`,
        () => countRefusals() > said,
      );
      const { status } = await environment.agentOf(device);
      assert.equal(status!.revision, current.revision, what);
    }
    // The hub's word counts again.
    await environment.untilConverged(
      device,
      ({ status }) => status!.revision === current.revision,
    );

    function countRefusals(): number {
      return device.agent.tail(2000).split("\n")
        .filter((line) => line.includes("Ignored an assignment")).length;
    }
  },
};
