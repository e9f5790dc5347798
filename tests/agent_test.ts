/** The agent against a real hub and its API server. */
import assert from "node:assert/strict";
import { pluginSource } from "../agent/testing/script_plugin.ts";
import { getCondition, isTrue } from "../kube/conditions.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { builtinPlugins } from "../plugins/mod.ts";
import { bundle, converged, startSite } from "./agent/site.ts";

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
    { timeout: 20_000, what: "the plugin runs" },
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

async function* files(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* files(path);
    else yield path;
  }
}
