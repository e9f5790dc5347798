/**
 * `deno task bench:workspaces`: a hub with many workspaces, each with some Agents.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Agent } from "../api/agent.ts";
import { Workspace } from "../api/workspace.ts";
import { openCluster } from "../cli/cluster.ts";
import { renderTable } from "../cli/table.ts";
import { waitUntil } from "../cli/demo/wait_until.ts";
import type { KubeClient } from "../kube/client.ts";
import { isTrue } from "../kube/conditions.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { embedded } from "../tests/engines/embedded.ts";
import type { Engine, RunningEngine } from "../tests/engines/engine.ts";
import { kcp } from "../tests/engines/kcp.ts";
import { kubernetes } from "../tests/engines/kubernetes.ts";
import { machine } from "../tests/machine.ts";
import { memoryOf } from "./memory.ts";
import { PushedWorkspaces } from "./push_workspaces.ts";

/** Longest wait for all of them, in milliseconds. */
const TIMEOUT = 60 * 60_000;
/** Workspaces that are filled at a time. */
const AT_ONCE = 8;
/** Changes that are timed. */
const CHANGES = 20;

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "embedded" },
    workspaces: { type: "string", default: "300" },
    agents: { type: "string", default: "10" },
    push: { type: "boolean" },
  },
});
const engines: Record<string, Engine> = {
  embedded,
  "kube-apiserver": kubernetes,
  kcp,
};
const engine = engines[values.engine];
if (!engine) {
  console.error(
    `--engine is ${values.engine}; it can be ${
      Object.keys(engines).join(", ")
    }`,
  );
  Deno.exit(2);
}
if (engine.missing) {
  console.error(`Cannot run ${engine.name}: ${engine.missing}`);
  Deno.exit(1);
}
const count = Number(values.workspaces);
const agents = Number(values.agents);

const dir = await Deno.makeTempDir({ prefix: "faros-workspaces-" });
const running = await engine.start({ dir });
try {
  using cluster = await openCluster({ kubeconfig: running.kubeconfig });
  const { client } = cluster;
  const names = Array.from({ length: count }, (_, i) => `site-${i}`);
  const pushed = values.push
    ? await PushedWorkspaces.start(dir, client)
    : undefined;
  const few = names.slice(0, Math.max(1, Math.ceil(count / 10)));
  const first = await fill(few, { running, client, pushed });
  const ofFew = await stateOf(running);
  const rest = await fill(names.slice(few.length), {
    running,
    client,
    pushed,
  });
  const ofAll = await stateOf(running);
  const changes = await timeChanges(names, running);
  console.log(`${machine()}, ${engine.name}`);
  console.log(renderTable([
    ["WORKSPACES", "AGENTS", "READY AFTER", "HUB MEMORY", "WATCHES"],
    [
      few.length,
      few.length * agents,
      seconds(first),
      ofFew.memory,
      ofFew.watches,
    ],
    [count, count * agents, seconds(first + rest), ofAll.memory, ofAll.watches],
  ].map((row) => row.map(String))));
  const sorted = changes.toSorted((a, b) => a - b);
  console.log(
    `The hub had answered to a change of one Agent after ${
      sorted[Math.floor(sorted.length / 2)]!.toFixed(0)
    } ms in the middle, ${sorted.at(-1)!.toFixed(0)} ms at most`,
  );
} finally {
  await running.close();
  await Deno.remove(dir, { recursive: true });
}

/** Makes workspaces with their Agents. @returns milliseconds until the hub has accepted all of it */
async function fill(
  names: string[],
  { running, client, pushed }: {
    running: RunningEngine;
    client: KubeClient;
    /** Makes them; without it, requests do. */
    pushed?: PushedWorkspaces;
  },
): Promise<number> {
  const start = performance.now();
  await pushed?.add(names, { agents, timeout: TIMEOUT });
  const queue = [...names];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let name = queue.shift(); name; name = queue.shift()) {
      if (!pushed) {
        await client.create<Workspace>(Workspace, {
          apiVersion: Workspace.apiVersion,
          kind: Workspace.kind,
          metadata: { name },
          spec: {},
        });
      }
      await until(`Workspace ${name} was Ready`, running, async () => {
        const { status } = await client.get<Workspace>(Workspace, name!);
        return isTrue(status?.conditions, "Ready");
      });
      await inside(name, running, async (there, namespace) => {
        for (let i = 0; i < agents && !pushed; i++) {
          await there.create<Agent>(Agent, {
            apiVersion: Agent.apiVersion,
            kind: Agent.kind,
            metadata: { name: `agent-${i}`, namespace },
            spec: {},
          });
        }
        await until(`the Agents of ${name} were Ready`, running, async () => {
          const { items } = await there.list<Agent>(Agent, { namespace });
          return items.length === agents &&
            items.every((a) => isTrue(a.status?.conditions, "Ready"));
        });
      });
    }
  }));
  return performance.now() - start;
}

/** Milliseconds from the request of a change until the hub has answered to it, one after the other. */
async function timeChanges(
  names: string[],
  running: RunningEngine,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const name = names[Math.floor(i * names.length / CHANGES)]!;
    await inside(name, running, async (client, namespace) => {
      const start = performance.now();
      await client.patch(Agent, "agent-0", {
        spec: { paused: true },
      }, { namespace });
      await until("the hub had answered", running, async () => {
        const { metadata, status } = await client.get<Agent>(
          Agent,
          "agent-0",
          { namespace },
        );
        return status?.observedGeneration === metadata.generation;
      }, 5);
      times.push(performance.now() - start);
    });
  }
  return times;
}

async function inside(
  name: string,
  running: RunningEngine,
  work: (client: KubeClient, namespace: string) => Promise<void>,
): Promise<void> {
  const { kubeconfig, namespace } = await running.workspace(name);
  using cluster = await openCluster({ kubeconfig });
  await work(cluster.client, namespace);
}

async function stateOf(
  { hub, kubeconfig }: RunningEngine,
): Promise<{ memory: string; watches: string }> {
  const memory = memoryOf([hub.pid]);
  const url = /hub=(\S+)/.exec(hub.tail(2000))?.[1];
  const watches = url && await openWatches(url, kubeconfig);
  return {
    memory: memory === undefined ? "?" : `${(memory / 2 ** 20).toFixed(0)} MiB`,
    watches: watches ?? "?",
  };
}

async function openWatches(
  server: string,
  kubeconfig: string,
): Promise<string | undefined> {
  using cluster = await openCluster({ kubeconfig });
  using rest = createRestClient({ server, caData: cluster.caData });
  const text = await rest.performRequest({ method: "GET", path: "/metrics" });
  return /^faros_open_watches (\d+)$/m.exec(new TextDecoder().decode(text))
    ?.[1];
}

function until(
  what: string,
  running: RunningEngine,
  look: () => Promise<boolean>,
  interval = 100,
): Promise<unknown> {
  return waitUntil(what, look, {
    timeout: TIMEOUT,
    interval,
    explain: () => running.hub.tail(),
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
