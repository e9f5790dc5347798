/**
 * `deno task bench`: the embedded API server and the hub on it, beside kube-apiserver with etcd where
 * KUBEBUILDER_ASSETS is set, in one run on one machine.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import * as core from "../api/core.ts";
import { openCluster } from "../cli/cluster.ts";
import { renderTable } from "../cli/table.ts";
import { embedded } from "../tests/engines/embedded.ts";
import { kubeApiserverMissing } from "../tests/engines/kube_apiserver.ts";
import { kubernetes } from "../tests/engines/kubernetes.ts";
import { machine } from "../tests/machine.ts";
import { measureCeiling } from "./ceiling.ts";
import { measureDisk } from "./disk.ts";
import { measureFanOut } from "./fan_out.ts";
import { measureList, measureRates, seed } from "./load.ts";
import { medianResult } from "./median.ts";
import { memoryOf } from "./memory.ts";
import { ownClient } from "./own_client.ts";
import {
  type BenchResult,
  conditionsOf,
  linesOf,
  saveResult,
  type ServerResult,
} from "./results.ts";
import { roundsOf } from "./rounds.ts";
import { measureScale } from "./scale.ts";
import { measureSync } from "./sync.ts";
import { startEmbedded, startKubernetes, type Target } from "./targets.ts";
import { findWrk } from "./wrk.ts";

const USAGE = `deno task bench [options]

  -o json       print the figures for programs
  --save        also write bench/results/bench.json and bench.md
  --rounds N    how often each server is measured, in turns; medians count (3)
  --share PART  send this part of the requests (0.1), for a quick look
`;

const NAMESPACE = "bench";
/** Objects of the load, and of the list. */
const OBJECTS = 2000;
/** Milliseconds after which a server that nobody asks anything is idle. */
const UNTIL_IDLE = 5000;

const { values } = parseArgs({
  options: {
    output: { type: "string", short: "o" },
    save: { type: "boolean" },
    rounds: { type: "string", default: "3" },
    share: { type: "string", default: "1" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const json = values.output === "json";
if (values.output && !json) {
  console.error(`-o is ${values.output}; it can be json`);
  Deno.exit(2);
}

const share = Number(values.share);
if (!(share > 0 && share <= 1)) {
  console.error(`--share is ${values.share}; it can be above 0, up to 1`);
  Deno.exit(2);
}
const rounds = roundsOf(values.rounds);
if (values.save && share < 1) {
  console.error("--save keeps whole runs: leave out --share");
  Deno.exit(2);
}

const [loadAverage = 0] = Deno.loadavg();
const wrk = await findWrk();
if (!wrk) {
  say(
    "Without wrk (apt-get install wrk): the load comes from this process, and its ceiling is low",
  );
}
const tool = wrk ?? ownClient;
const dir = await Deno.makeTempDir({ prefix: "faros-bench-" });
try {
  const result = await measureAll();
  if (values.save) {
    await saveResult(
      result,
      fileURLToPath(new URL("results/", import.meta.url)),
    );
  }
  console.log(json ? JSON.stringify(result, null, 2) : text(result));
} finally {
  await Deno.remove(dir, { recursive: true });
}

async function measureAll(): Promise<BenchResult> {
  say("the load tool and the disk …");
  const conditions = {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    loadAverage,
    tool: tool.name,
    ceiling: await measureCeiling(tool),
    diskMs: await measureDisk(dir),
    rounds,
  };
  const missing = kubeApiserverMissing();
  if (missing) say(`Without kube-apiserver: ${missing}`);
  const ours: ServerResult[] = [];
  const theirs: ServerResult[] = [];
  // In turns, since a machine is not as fast all the time.
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    ours.push(
      await measure("embedded", {
        round,
        start: startEmbedded,
        engine: embedded,
      }),
    );
    if (missing) continue;
    theirs.push(
      await measure("kube-apiserver", {
        round,
        start: startKubernetes,
        engine: kubernetes,
      }),
    );
  }
  say("embedded: many objects, many watchers …");
  return {
    ...conditions,
    embedded: medianResult(ours),
    ...(missing ? {} : { kubernetes: medianResult(theirs) }),
    scale: await measureScale(tool, { dir: `${dir}/scale`, share }),
  };
}

async function measure(
  name: string,
  of: {
    round: number;
    start: (dir: string) => Promise<Target>;
    engine: typeof embedded;
  },
): Promise<ServerResult> {
  const own = `${dir}/${name}-${of.round}`;
  await Deno.mkdir(own);
  say(`${name}: API server …`);
  const target = await of.start(own);
  let partial: Omit<ServerResult, "sync">;
  try {
    partial = await measureTarget(target);
  } finally {
    await target.close();
  }
  say(`${name}: sync …`);
  return { ...partial, sync: await measureSync(of.engine, own) };
}

async function measureTarget(
  target: Target,
): Promise<Omit<ServerResult, "sync">> {
  using cluster = await openCluster({ kubeconfig: target.kubeconfig });
  const { client } = cluster;
  await client.create(core.Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: NAMESPACE },
  });
  await delay(UNTIL_IDLE);
  const memoryIdle = memoryOf(target.pids);
  const seeded = { namespace: NAMESPACE, objects: OBJECTS };
  await seed(client, seeded);
  const load = { tool, address: target.address };
  const rates = await measureRates({ ...load, ...seeded, share });
  const listMs = await measureList({ ...load, ...seeded });
  const fanOut = await measureFanOut({
    client,
    address: target.address,
    namespace: NAMESPACE,
  });
  return {
    startMs: target.startMs,
    memoryIdle,
    rates,
    listMs,
    listed: OBJECTS,
    fanOut,
    memoryAfter: memoryOf(target.pids),
  };
}

function text(result: BenchResult): string {
  const sides = ["embedded", result.kubernetes ? "kube-apiserver + etcd" : ""];
  return [
    ...conditionsOf(result),
    "",
    renderTable([
      ["", ...sides, "ratio", "target"],
      ...linesOf(result).map((line) => Object.values(line) as string[]),
    ]),
  ].join("\n");
}

function say(text: string): void {
  console.error(text);
}
