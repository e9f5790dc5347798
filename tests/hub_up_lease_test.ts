/**
 * `faros up` and a `faros hub` at the same API: one of them does the work.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { KubeObject } from "../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import { Workspace } from "../api/workspace.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { openCluster } from "../cli/cluster.ts";
import { type Child, startChild } from "../cli/demo/child.ts";
import { selfCommand } from "../cli/self_command.ts";
import { type Hub, startHub } from "../hub/mod.ts";
import { isTrue } from "../kube/conditions.ts";
import { type Lease, LEASES } from "../kube/lease.ts";
import { createLogger } from "../kube/log.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { freePort } from "./engines/process.ts";

const TIMEOUT = { timeout: 120_000 };

Deno.test("up and a hub at its API: one does the work, the other stands by", async (t) => {
  const dir = await Deno.makeTempDir({ prefix: "faros-up-lease-" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const dataDir = join(dir, "data");
  const port = freePort();
  let up!: Child;
  stack.defer(async () => {
    await up.kill();
  });
  /** Starts `faros up`. @returns what it says when it is ready */
  const start = () => {
    up = startChild([
      ...selfCommand(),
      ...["up", "--data", dataDir],
      ...["--listen", `127.0.0.1:${port}`, "--hub-listen", "127.0.0.1:0"],
    ], { name: "faros up", cwd: dir });
    return up.waitForLine(/^ready\b/, TIMEOUT);
  };
  assert.doesNotMatch(await start(), /leader=/);
  const cluster = stack.use(
    await openCluster({ kubeconfig: join(dataDir, "admin.kubeconfig") }),
  );
  const { client } = cluster;
  const lease = () =>
    client.get<Lease>(LEASES, "faros-hub", { namespace: SYSTEM_NAMESPACE });
  const workspace = async (name: string) => {
    await client.create<KubeObject & { spec: unknown }>(Workspace, {
      apiVersion: Workspace.apiVersion,
      kind: Workspace.kind,
      metadata: { name },
      spec: {},
    });
    await eventually(async () => {
      const { status } = await client.get<Workspace>(Workspace, name);
      return isTrue(status?.conditions, "Ready");
    }, { ...TIMEOUT, what: `Workspace ${name} is Ready` });
  };

  await t.step("killed and started again, up goes on at once", async () => {
    const before = (await lease()).spec!;
    await up.kill();
    assert.doesNotMatch(await start(), /leader=/);
    const after = (await lease()).spec!;
    assert.notEqual(after.renewTime, before.renewTime);
    // The Lease of old: who waits until that expires counts a transition.
    assert.deepEqual(
      [after.holderIdentity, after.acquireTime, after.leaseTransitions],
      [before.holderIdentity, before.acquireTime, before.leaseTransitions],
    );
  });

  const logs: string[] = [];
  const led = () => logs.filter((line) => line.includes("Became the leader"));
  let hub!: Hub;
  await t.step("a hub beside a running up stands by", async () => {
    const { holderIdentity } = (await lease()).spec!;
    hub = stack.use(
      await startHub({
        client,
        engine: { url: cluster.server, caData: cluster.caData },
        stateDir: join(dir, "hub"),
        identity: "beside",
        // It keeps the Lease for as long as the API server is away below.
        leaseTimes: {
          leaseDuration: 240_000,
          renewDeadline: 200_000,
          retryPeriod: 500,
        },
        log: createLogger({ write: (line) => logs.push(line) }),
      }),
    );
    assert.equal(await hub.standby, holderIdentity);
    await workspace("by-up");
    assert.deepEqual(led(), []);
  });

  await t.step("it takes over when up ends and the API goes on", async () => {
    await up.stop();
    await using _ = await startApiServer({ dataDir, port });
    await hub.leading;
    assert.equal((await lease()).spec!.holderIdentity, "beside");
    await workspace("by-hub");
  });

  await t.step("up beside a hub that leads says so, and serves", async () => {
    assert.match(await start(), / leader=beside$/);
    await workspace("by-hub-beside-up");
    assert.equal((await lease()).spec!.holderIdentity, "beside");
  });

  await t.step("it takes over when the hub ends", async () => {
    await hub.close();
    await up.waitForLine(/Became the leader/, TIMEOUT);
    await workspace("by-up-again");
  });
  assert.equal((await up.stop()).code, 0);
});
