import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import { Workspace } from "../../../api/workspace.ts";
import { createInformer } from "../../../kube/informer.ts";
import { KcpWorkspace } from "../../../kube/kcp/kinds.ts";
import type { Fault } from "./environment.ts";
import { sameAsInside } from "./unbound.ts";

export const reborn: Fault = {
  name:
    "a workspace that is deleted and made again by Git is another one, with its own devices, and what was of the first is gone",
  async run(environment) {
    const hub = await environment.hub();
    const clusterOf = async () =>
      (await hub.tryGet<KcpWorkspace>(KcpWorkspace, "site-b"))?.spec.cluster;
    const before = await environment.agents("site-b");
    const cluster = await clusterOf();
    assert.ok(cluster && before.length === 1);
    // As the hub's own, from before the first is gone.
    using stop = abortable();
    const { client } = environment.kcp.kcp;
    const informer = createInformer<Agent>(client, Agent, {
      signal: stop.signal,
    });
    await informer.synced;
    assert.ok(informer.get("site-b", "press-1"));

    await hub.delete(Workspace, "site-b");
    await environment.until("there was another", async () => {
      const now = await clusterOf();
      return now && now !== cluster;
    });
    const [now] = await environment.untilAssigned("site-b", ["press-1"]);
    const { uid } = now!.metadata;
    assert.notEqual(uid, before[0]!.metadata.uid);
    await environment.until(
      "the new one was seen",
      () => informer.get("site-b", "press-1")?.metadata.uid === uid,
    );
    await sameAsInside(environment, "site-b");
    await environment.untilAccepted("site-b", "another");
    assert.equal(informer.get("site-b", "press-1")?.metadata.uid, uid);
    stop.abort();
    await informer.done;
  },
};

function abortable(): AbortController & Disposable {
  const controller = new AbortController();
  return Object.assign(controller, {
    [Symbol.dispose]: () => controller.abort(),
  });
}
