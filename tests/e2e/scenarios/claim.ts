import assert from "node:assert/strict";
import { Enrollment } from "../../../api/enrollment.ts";
import type { Scenario } from "../scenario.ts";

export const claim: Scenario = {
  name: "another key that claims a taken name waits for approval",
  async run(environment, { workspace, devices: [owner] }) {
    const { client, namespace } = await environment.in(workspace);
    const enrollmentOf = async (uidOwner: boolean) => {
      const agent = await environment.agentOf(owner);
      const { items } = await client.listAll<Enrollment>(Enrollment, {
        namespace,
      });
      return items.find((e) =>
        e.spec.agent === owner.name &&
        (e.status?.agentUID === agent.metadata.uid) === uidOwner
      );
    };
    const first = await enrollmentOf(true);
    assert.ok(first);
    const claimant = await environment.join(workspace, owner.name, {
      folder: "claimant",
    });

    const waiting = await environment.until("the claim waited", async () => {
      const enrollment = await enrollmentOf(false);
      const ready = enrollment?.status?.conditions?.find((c) =>
        c.type === "Ready"
      );
      return ready?.status === "False" && enrollment;
    });
    assert.equal(waiting.status?.credential, undefined);
    // The owner goes on.
    await environment.untilConverged(owner);

    await owner.agent.stop();
    const approved = await environment.faros(
      ...["agent", "approve", owner.name, "-w", workspace],
    );
    assert.equal(approved.code, 0, approved.stderr);
    assert.match(approved.stdout, /approved/);
    await environment.until("the claimant had the credential", async () => {
      const enrollment = await client.get<Enrollment>(
        Enrollment,
        waiting.metadata.name,
        { namespace },
      );
      return enrollment.status?.credential !== undefined;
    });
    await environment.untilConverged(claimant);
    await claimant.agent.stop();
  },
};
