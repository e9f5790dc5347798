import assert from "node:assert/strict";
import { inWorkspace, monitoringManifest } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

/** Longest time from push to the last device, poll interval included, in milliseconds. */
const QUICK = 10_000;

export const push: Scenario = {
  name: "a push reaches each device, and the Repository counts them",
  async run(environment, { workspace, devices }) {
    const before = await Promise.all(
      devices.map((device) => environment.agentOf(device)),
    );
    const startedAt = Date.now();
    const commit = await environment.push({
      [inWorkspace(workspace, "monitoring.yaml")]: monitoringManifest("11s"),
    });
    const revisions = new Set<string>();
    for (const [i, device] of devices.entries()) {
      const old = before[i]!.status!.revision;
      const agent = await environment.untilConverged(
        device,
        ({ status }) => status?.revision !== old,
      );
      assert.ok(agent.status!.counter! > before[i]!.status!.counter!);
      revisions.add(agent.status!.revision!);
    }
    const took = Date.now() - startedAt;
    assert.ok(took < QUICK, `took ${took} ms`);
    assert.equal(revisions.size, 1, "the same content is one Revision");
    await environment.untilRepository(
      "the Repository counted both devices",
      ({ appliedCommit, devices }) =>
        appliedCommit === commit && devices?.total === 2 &&
        devices.converged === 2,
    );
  },
};
