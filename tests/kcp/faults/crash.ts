import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { siteFiles } from "../../e2e/manifests.ts";
import { History } from "../../takeover/history.ts";
import { HUB } from "../environment.ts";
import type { Fault, FaultsEnvironment } from "./environment.ts";
import { makeAdmin } from "../make_admin.ts";

const scope = { namespace: "default" };
const AGENTS = Array.from({ length: 20 }, (_, i) => `press-${i + 1}`);

export const crash: Fault = {
  name:
    "kcp killed while the hub applies commits and devices report: nothing that was acknowledged is lost, nothing is done twice, workspaces made meanwhile come, and the hub has never to be started again",
  async run(environment) {
    const { kcp } = environment;
    const { hub } = kcp;
    let ended = false;
    hub.finished.finally(() => ended = true).catch(() => {});
    await environment.push(siteFiles("site-a", { agents: AGENTS }));
    await environment.untilAssigned("site-a", AGENTS);
    const devices = await handOver(environment, "site-a");
    await using history = await History.follow(devices, "default");
    const reports = new Reports(devices);

    // A commit, half of which is applied when kcp ends.
    const interrupted = await environment.change("site-a", "site-b");
    await environment.until(
      "some had it",
      async () =>
        (await environment.agents("site-a"))
          .some(({ status }) => status?.assignment?.commit === interrupted),
    );
    await kcp.server.kill();
    const { text } = await environment.until("the hub said so", async () => {
      const answer = await kcp.readyz();
      return answer.status === 503 && answer;
    });
    assert.match(text, /engine failed: the Kubernetes API cannot be reached/);
    await environment.push(siteFiles("site-c", { agents: ["press-1"] }));
    const commit = await environment.change("site-a", "site-b", "site-c");
    await environment.restartKcp();

    await environment.untilApplied(commit);
    for (
      const [site, agents] of [
        ["site-a", AGENTS],
        ["site-b", ["press-1"]],
        ["site-c", ["press-1"]],
      ] as const
    ) {
      await environment.untilAssigned(
        site,
        agents,
        ({ status }) => status?.assignment?.commit === commit,
      );
    }
    const acknowledged = await reports.stop();
    assert.ok(acknowledged.size > 0);
    for (const { metadata, status } of await environment.agents("site-a")) {
      assert.equal(
        status?.device?.hostname,
        acknowledged.get(metadata.name),
        metadata.name,
      );
    }
    await environment.until(
      "the history was whole",
      () =>
        AGENTS.every((name) =>
          history.assignmentsOf(name).at(-1)?.commit === commit
        ),
    );
    assert.deepEqual(history.repetitions(), []);
    assert.equal((await kcp.readyz()).status, 200);
    assert.equal(ended, false);
  },
};

/** Makes ann an administrator of a workspace; her token outlives kcp's process. */
async function handOver(
  environment: FaultsEnvironment,
  site: string,
): Promise<KubeClient> {
  const inside = await environment.in(site);
  await makeAdmin(inside, "ann");
  const client = await environment.as("ann", `${HUB}:${site}`);
  await environment.until(
    "ann was in",
    () => client.list(Agent, scope).then(() => true, () => false),
  );
  return client;
}

/** Devices that report again and again, each time something else. */
class Reports {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** The last that each has been told to be stored. */
  readonly #acknowledged = new Map<string, string>();

  constructor(client: KubeClient) {
    this.#running = this.#run(client);
  }

  async #run(client: KubeClient): Promise<void> {
    for (let i = 1; !this.#stop.signal.aborted; i++) {
      for (const name of AGENTS) await this.#report(client, { name, i });
    }
  }

  async #report(
    client: KubeClient,
    { name, i }: { name: string; i: number },
  ): Promise<void> {
    const hostname = `${name}-${i}`;
    const stored = await client.patch(Agent, name, {
      status: { device: { hostname } },
    }, {
      ...scope,
      subresource: "status",
      fieldManager: "device",
      signal: AbortSignal.timeout(10_000),
    }).then(() => true, () => false);
    if (stored) this.#acknowledged.set(name, hostname);
    // What was not acknowledged may be stored all the same.
    else this.#acknowledged.delete(name);
  }

  async stop(): Promise<ReadonlyMap<string, string>> {
    this.#stop.abort();
    await this.#running;
    return this.#acknowledged;
  }
}
