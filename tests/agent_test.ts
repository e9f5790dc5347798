/** The agent against a real hub and its API server. */
import assert from "node:assert/strict";
import { Agent, type Assignment } from "../api/agent.ts";
import { Enrollment } from "../api/enrollment.ts";
import { Registration } from "../api/registration.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { pluginSource } from "../agent/testing/script_plugin.ts";
import { sealCredential } from "../hub/keys/credential.ts";
import { HubKeys } from "../hub/keys/hub_keys.ts";
import { createKeyRing } from "../hub/keys/key_ring.ts";
import { getCondition, isTrue } from "../kube/conditions.ts";
import { KubeClient } from "../kube/client.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { builtinPlugins } from "../plugins/mod.ts";
import { bundle, converged, startSite, WORKSPACE } from "./agent/site.ts";

const saying = pluginSource(
  `ctx.status({ said: ctx.config.say ?? null, secret: ctx.config.secret ?? null });
   await wait(ctx.signal);`,
);

Deno.test("a device enrols, runs what is assigned and says so, until it is stopped", async () => {
  await using site = await startSite({ catalogue: await builtinPlugins() });
  await site.monitoring({
    type: "host",
    config: { listen: "127.0.0.1:0", interval: "1s" },
  });
  await site.joinKubeconfig();
  const device = site.device("press-1", { version: "1.2.3" });
  const agent = await site.until(
    "press-1",
    "converged",
    (agent) => converged(agent) && agent.status?.plugins?.[0]?.summary,
  );
  const { status } = agent;
  assert.equal(status!.device?.os, Deno.build.os);
  assert.equal(status!.device?.agentVersion, "1.2.3");
  const [plugin] = status!.plugins!;
  assert.equal(plugin!.phase, "Running");
  const { listen } = plugin!.summary as { listen: string };
  const metrics = await (await fetch(`http://${listen}/metrics`)).text();
  assert.match(metrics, /^node_memory_MemTotal_bytes \d+$/m);
  assert.equal(
    getCondition(status!.conditions, "Degraded")?.status,
    "False",
  );
  await site.until(
    "press-1",
    "online",
    ({ status }) => isTrue(status?.conditions, "Online"),
  );

  await device.stop();
  const stopped = await site.agent("press-1");
  assert.equal(stopped.status!.plugins![0]!.phase, "Stopped");
  assert.equal(
    getCondition(stopped.status!.conditions, "UpToDate")?.reason,
    "AgentStopped",
  );
  await assert.rejects(fetch(`http://${listen}/metrics`));
});

Deno.test("with the hub gone a device starts from disk, secrets included, and converges when it is back", async () => {
  await using site = await startSite({
    catalogue: [bundle({ version: "1.0.0", source: saying })],
  });
  await site.monitoring({
    type: "test",
    config: { say: "one", secret: "hush" },
  });
  await site.joinKubeconfig();
  const device = site.device("press-1");
  await site.until("press-1", "converged", (agent) => {
    const summary = agent.status?.plugins?.[0]?.summary;
    return converged(agent) && summary?.secret === "hush";
  });
  await device.stop();
  for await (const path of files(device.stateDir)) {
    const text = await Deno.readTextFile(path);
    assert.ok(!text.includes("hush"), `${path} has the secret in the clear`);
  }

  await site.stopHub();
  const seen = site.logs.length;
  const again = site.device("press-1");
  await eventually(
    () => site.logs.slice(seen).some((l) => l.includes("Plugin runs")),
    { timeout: 60_000, what: "the plugin runs" },
  );
  await site.startHub();
  await site.monitoring({
    type: "test",
    config: { say: "two", secret: "hush" },
  });
  await site.until(
    "press-1",
    "on the new config",
    (agent) =>
      converged(agent) &&
      agent.status?.plugins?.[0]?.summary?.said === "two",
  );
  await again.stop();
});

Deno.test("a revision that does not become healthy is left for the last good one, until a newer assignment comes", async () => {
  const source = pluginSource(
    `if (ctx.config.say === "bad") throw new Error("it cannot say that");
     ctx.status({ said: ctx.config.say }); await wait(ctx.signal);`,
  );
  await using site = await startSite({
    catalogue: [bundle({ version: "1.0.0", source })],
  });
  const say = (say: string) =>
    site.monitoring({ type: "test", config: { say } });
  const said = (agent: Agent) => agent.status?.plugins?.[0]?.summary?.said;
  await say("one");
  await site.joinKubeconfig();
  const device = site.device("press-1", { healthTimeout: 6000 });
  const first = await site.until(
    "press-1",
    "converged",
    (agent) => converged(agent) && said(agent) === "one",
  );
  await eventually(() =>
    site.logs.some((line) => line.includes("Revision is healthy"))
  );
  await say("bad");
  const back = await site.until(
    "press-1",
    "back",
    (agent) =>
      isTrue(agent.status?.conditions, "Degraded") &&
      agent.status?.assignment?.revision !== first.status!.revision &&
      agent.status?.revision === first.status!.revision &&
      said(agent) === "one",
  );
  const condition = getCondition(back.status!.conditions, "Degraded")!;
  assert.equal(condition.reason, "RolledBack");
  assert.match(condition.message, /it cannot say that/);
  assert.equal(back.status!.counter, back.status!.assignment!.counter);

  await say("two");
  const healed = await site.until(
    "press-1",
    "converged",
    (agent) => converged(agent) && said(agent) === "two",
  );
  assert.equal(
    getCondition(healed.status!.conditions, "Degraded")?.status,
    "False",
  );
  await device.stop();
});

Deno.test("a device ignores an assignment that was written by hand or copied from another device, and says so", async () => {
  await using site = await startSite({
    catalogue: [bundle({ version: "1.0.0", source: saying })],
  });
  await site.monitoring({ type: "test", config: { say: "one" } });
  await site.joinKubeconfig();
  const one = site.device("press-1");
  const two = site.device("press-2");
  const target = await site.until("press-1", "converged", converged);
  const other = await site.until("press-2", "converged", converged);
  // Without its hub, which would put it right at once.
  const { apiPort } = site.ports;
  await site.stopHub();
  await using server = await startApiServer({
    dataDir: `${site.dir}/hub`,
    port: apiPort,
  });
  const client = new KubeClient(
    createRestClient({
      server: server.url,
      caData: server.caData,
      token: server.adminToken,
    }),
  );
  const attempts: [Partial<Assignment>, RegExp][] = [
    [{ ...target.status!.assignment, revision: "r-evil" }, /something else/],
    [other.status!.assignment!, /for agent UID/],
  ];
  try {
    for (const [assignment, why] of attempts) {
      await client.patch(Agent, "press-1", { status: { assignment } }, {
        type: "merge",
        subresource: "status",
        namespace: WORKSPACE,
      });
      const agent = await eventually(async () => {
        const agent = await client.get<Agent>(Agent, "press-1", {
          namespace: WORKSPACE,
        });
        const condition = getCondition(agent.status?.conditions, "UpToDate");
        return condition?.reason === "AssignmentRejected" &&
            why.test(condition.message)
          ? agent
          : undefined;
      }, { timeout: 60_000, what: `the device says ${why}` });
      assert.equal(agent.status!.revision, target.status!.revision);
      assert.equal(agent.status!.plugins![0]!.phase, "Running");
    }
  } finally {
    await Promise.all([one.stop(), two.stop()]);
    client.close();
  }
  await server.close();
  await site.startHub();
});

Deno.test("a device that was dark past its token's end gets on, also where the hub has forgotten it", async () => {
  await using site = await startSite({
    catalogue: [bundle({ version: "1.0.0", source: saying })],
  });
  await site.monitoring({ type: "test", config: { say: "one" } });
  await site.joinKubeconfig();
  const first = site.device("press-1");
  const agent = await site.until("press-1", "converged", converged);
  await first.stop();
  const expire = async () => {
    const path = `${first.stateDir}/credential.json`;
    const credential = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(
      path,
      JSON.stringify({
        ...credential,
        token: "expired",
        tokenExpires: "2020-01-01T00:00:00Z",
        received: 0,
      }),
    );
  };
  const comesBack = async (said: string, word: string) => {
    const seen = site.logs.length;
    await expire();
    await site.monitoring({ type: "test", config: { say: said } });
    const device = site.device("press-1");
    const back = await site.until(
      "press-1",
      `saying ${said}`,
      (agent) =>
        converged(agent) && agent.status?.plugins?.[0]?.summary?.said === said,
    );
    assert.equal(back.metadata.uid, agent.metadata.uid);
    const logs = site.logs.slice(seen);
    assert.ok(logs.some((line) => line.includes(word)), word);
    assert.ok(!logs.some((line) => /eyJ[\w-]{20}/.test(line)), "a token");
    await device.stop();
  };
  await comesBack("two", "Renewed the credential");
  await site.client.delete(Enrollment, agent.status!.enrollment!, {
    namespace: WORKSPACE,
  });
  await comesBack("three", "it enrols again");
});

Deno.test("a device takes no credential but the hub's, whoever else writes one into its Enrollment", async () => {
  await using site = await startSite({
    catalogue: [bundle({ version: "1.0.0", source: saying })],
  });
  await site.monitoring({ type: "test" });
  await site.client.patch(Registration, "join", {
    spec: { approval: "Manual" },
  }, { namespace: WORKSPACE });
  await site.joinKubeconfig();
  site.device("press-1");
  const scope = { namespace: WORKSPACE };
  const enrollment = await eventually(async () => {
    const { items } = await site.client.list<Enrollment>(Enrollment, scope);
    return items.find((e) =>
      getCondition(e.status?.conditions, "Ready")?.reason === "AwaitingApproval"
    );
  }, { timeout: 60_000, what: "the device waits for a person" });

  // An operator, who may write this status to approve devices, answers as if the hub.
  const stranger = new HubKeys(await createKeyRing(Date.now()));
  const forged = await sealCredential(stranger, {
    server: site.up.apiUrl,
    namespace: WORKSPACE,
    agent: "press-1",
    agentUID: "of-the-stranger",
    token: "of-the-stranger",
    tokenExpires: new Date(Date.now() + 3_600_000).toISOString(),
    hubURL: "https://127.0.0.1:1",
    hubKeys: stranger.keys().map(({ key }) => key),
  }, enrollment);
  const write = (status: unknown) =>
    site.client.patch(Enrollment, enrollment.metadata.name, { status }, {
      ...scope,
      subresource: "status",
    });
  await write({ credential: forged });
  await eventually(
    () =>
      site.logs.some((line) =>
        line.includes("not a key of the hub that this device knows")
      ),
    { timeout: 60_000, what: "the device says why it does not take it" },
  );

  const { status } = enrollment;
  await write({
    conditions: [
      ...status!.conditions!,
      {
        type: "Approved",
        status: "True",
        reason: "ByUser",
        message: "By a test",
        lastTransitionTime: new Date().toISOString(),
      },
    ],
  });
  await site.until("press-1", "converged", converged);
});

async function* files(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* files(path);
    else yield path;
  }
}
