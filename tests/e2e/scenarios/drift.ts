import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Monitoring } from "../../../api/monitoring.ts";
import type { Scenario } from "../scenario.ts";

/** Longest time until an edit is put back, in milliseconds. */
const PUT_BACK = 2_000;
/** How often a busy machine may try. */
const TRIES = 3;

interface Event extends KubeObject {
  reason: string;
  message: string;
  involvedObject: { kind: string; name: string };
}

export const drift: Scenario = {
  name: "kubectl edit of a synced object is put back within 2 s, with an Event",
  async run(environment, { workspace }) {
    const { client, kubectl, namespace } = await environment.in(workspace);
    const read = async () =>
      (await client.get<Monitoring>(Monitoring, "host", {
        namespace,
      })).spec.config as { interval: string };
    const { interval } = await read();
    const assignments = async () => {
      const { items } = await client.list<Agent>(Agent, {
        namespace,
      });
      return items.map(({ metadata, status }) =>
        `${metadata.name} ${status?.assignment?.counter}`
      );
    };
    const assigned = await assignments();

    const putBack = async (): Promise<number> => {
      const edited = await kubectl(
        ["edit", "monitoring", "host"],
        { env: { KUBE_EDITOR: `sed -i s/${interval}/77s/` } },
      );
      const editedAt = Date.now();
      assert.equal(edited.code, 0, edited.stderr);
      assert.match(edited.stdout, /edited/);
      await environment.until(
        "the edit was put back",
        async () => (await read()).interval === interval,
      );
      return Date.now() - editedAt;
    };
    const took: number[] = [];
    while (took.length < TRIES && !took.some((ms) => ms < PUT_BACK)) {
      took.push(await putBack());
    }
    assert.ok(
      took.some((ms) => ms < PUT_BACK),
      `put back after ${took.join(", ")} ms`,
    );
    await environment.until("an Event said so", async () => {
      const { items } = await client.list<Event>(core.Event, {
        namespace,
      });
      return items.some((e) =>
        e.involvedObject.kind === "Monitoring" &&
        e.involvedObject.name === "host" && /drift/i.test(e.reason)
      );
    });
    assert.deepEqual(await assignments(), assigned, "no device heard of it");
  },
};
