import assert from "node:assert/strict";
import { runWithLease } from "../../../kube/leader_election.ts";
import { type Lease, LEASES } from "../../../kube/lease.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { Scenario } from "../scenario.ts";

export const election: Scenario = {
  name: "elects one leader, and hands over",
  async run(client) {
    const order: string[] = [];
    const stopped = new AbortController();
    const elect = (identity: string, signal: AbortSignal) =>
      runWithLease({
        client,
        namespace: "default",
        name: "leader",
        identity,
        retryPeriod: 50,
        signal,
        run: async (term) => {
          order.push(identity);
          await new Promise((resolve) =>
            term.addEventListener("abort", resolve)
          );
          order.push(`${identity} ended`);
        },
      });
    const first = elect("a", stopped.signal);
    await eventually(() => order.length === 1);
    const second = new AbortController();
    const other = elect("b", second.signal);
    await eventually(async () => {
      const lease = await client.get<Lease>(LEASES, "leader");
      return lease.spec!.renewTime! > lease.spec!.acquireTime!;
    });
    stopped.abort();
    await first;
    await eventually(() => order.length === 3);
    assert.deepEqual(order, ["a", "a ended", "b"]);
    second.abort();
    await other;
    const lease = await client.get<Lease>(LEASES, "leader");
    assert.equal(lease.spec!.holderIdentity ?? "", "");
  },
};
