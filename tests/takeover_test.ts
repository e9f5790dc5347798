/**
 * Two hubs at one Kubernetes API: where the one that leads is killed, or stands
 * still, the other goes on, and nothing is done twice.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Environment } from "./e2e/environment.ts";
import { findKubectl } from "./e2e/kubectl.ts";
import type { Engine } from "./engines/engine.ts";
import { kcp } from "./engines/kcp.ts";
import { kubernetes } from "./engines/kubernetes.ts";
import { History } from "./takeover/history.ts";
import { Site } from "./takeover/site.ts";

// Embedded, hub and API server are one process, and end together.
const engines: readonly Engine[] = [kubernetes, kcp];

for (const engine of engines) {
  const missing = engine.missing ??
    (findKubectl() ? undefined : "there is no kubectl on the PATH");
  Deno.test({
    name: `two hubs on ${engine.name}: one goes on where the other stops${
      missing ? ` (skipped: ${missing})` : ""
    }`,
    ignore: missing !== undefined,
    async fn(t) {
      const environment = await Environment.start(engine);
      const started: { stop(): Promise<unknown> }[] = [];
      try {
        const { engine: running } = environment;
        const startReplica = async () => {
          const replica = await running.startReplica!();
          started.push(replica);
          return replica;
        };
        let replica = await startReplica();
        const site = await Site.start(environment);
        const { client, namespace } = site.view;
        await using history = await History.follow(client, namespace);

        await t.step("killed at rest: nothing is said again", async () => {
          const leader = await site.leader();
          await site.untilAssigned(await site.change());
          const before = await site.versions();
          const tokens = await site.tokenRequests();
          assert.ok(tokens === undefined || tokens >= 2, `${tokens} tokens`);
          await running.hub.kill();
          await site.untilOtherLeads(leader);
          // The other one has looked at all of the commit, which changed something once.
          await environment.untilRepository(
            "all was found as it has to be",
            ({ objects }) => objects?.updated === 0 && objects.created === 0,
          );
          await site.add("after-a-kill");
          assert.deepEqual(await site.versions(), before);
          assert.equal(await site.tokenRequests(), tokens);
          assert.deepEqual(await site.repeatedEvents(), []);
        });

        await t.step("killed at work: all is done, and once", async () => {
          await running.startHub();
          const leader = await site.leader();
          await site.untilAssigned(await site.change());
          const joining = site.join("press-3");
          await site.change();
          await replica.kill();
          const commit = await site.change();
          await site.untilOtherLeads(leader);
          await site.untilAssigned(commit);
          await joining;
        });

        await t.step(
          "standing still at work: who wakes up leaves it to the other",
          async () => {
            replica = await startReplica();
            const leader = await site.leader();
            const { hub } = running;
            const joining = site.join("press-4");
            await site.change();
            Deno.kill(hub.pid, "SIGSTOP");
            let commit = await site.change();
            const other = await site.untilOtherLeads(leader);
            await site.untilAssigned(commit);
            // With work before it, which is not its any more.
            commit = await site.change();
            Deno.kill(hub.pid, "SIGCONT");
            await site.untilAssigned(commit);
            await joining;
            await hub.waitForLine(/no longer the leader/, { timeout: 60_000 });
            assert.equal(await site.leader(), other);
            // It is there for when it is needed.
            await replica.kill();
            await site.untilOtherLeads(other);
            await site.untilAssigned(await site.change());
          },
        );

        await t.step("nothing was done twice", async () => {
          assert.deepEqual(history.repetitions(), []);
          assert.deepEqual(history.credentials, [1, 1, 1, 1]);
          assert.deepEqual(await site.repeatedEvents(), []);
        });
      } finally {
        await Promise.all(started.map((child) => child.stop()));
        await environment.close();
      }
    },
  });
}
