import assert from "node:assert/strict";
import { renewLease } from "../../../kube/renew_lease.ts";
import type { Scenario } from "../scenario.ts";

export const leaseRenewal: Scenario = {
  name: "renews a Lease, making it where it is not there",
  async run(client) {
    const options = {
      client,
      namespace: "default",
      name: "device-1",
      identity: "device-1",
      labels: { kind: "device" },
    };
    const made = await renewLease(options);
    assert.equal(made.metadata.labels?.kind, "device");
    const renewed = await renewLease(options);
    assert(renewed.spec!.renewTime! >= made.spec!.renewTime!);
    assert.equal(renewed.metadata.uid, made.metadata.uid);
    assert.equal(renewed.spec!.acquireTime, made.spec!.acquireTime);
  },
};
