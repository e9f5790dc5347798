/**
 * `deno task bench`: the embedded API server and the hub on it, beside kube-apiserver with etcd where
 * KUBEBUILDER_ASSETS is set, in one run on one machine.
 *
 * @module
 */
import { parseArgs } from "node:util";
import * as core from "../api/core.ts";
import { openCluster } from "../cli/cluster.ts";
import { renderTable } from "../cli/table.ts";
import { embedded } from "../tests/engines/embedded.ts";
import { kubeApiserverMissing } from "../tests/engines/kube_apiserver.ts";
import { kubernetes } from "../tests/engines/kubernetes.ts";
import { type FanOutResult, measureFanOut } from "./fan_out.ts";
import { type LoadResult, measureLoad } from "./load.ts";
import { memoryOf } from "./memory.ts";
import { measureSync, type SyncResult } from "./sync.ts";
import { startEmbedded, startKubernetes, type Target } from "./targets.ts";

/** All that is measured of one API server. */
interface Result {
  startMs: number;
  memoryIdle: number | undefined;
  load: LoadResult;
  fanOut: FanOutResult;
  memoryAfter: number | undefined;
  sync: SyncResult;
}

const NAMESPACE = "bench";

const { values } = parseArgs({
  options: { output: { type: "string", short: "o" } },
});
const json = values.output === "json";
if (values.output && !json) {
  console.error(`-o is ${values.output}; it can be json`);
  Deno.exit(2);
}

const results: Record<string, Result> = {};
results["embedded"] = await measure("embedded", {
  start: startEmbedded,
  engine: embedded,
});
const missing = kubeApiserverMissing();
if (missing) say(`Without kube-apiserver: ${missing}`);
else {
  results["kube-apiserver + etcd"] = await measure("kube-apiserver", {
    start: startKubernetes,
    engine: kubernetes,
  });
}
console.log(json ? JSON.stringify(results, null, 2) : table(results));

async function measure(
  name: string,
  of: {
    start: (dir: string) => Promise<Target>;
    engine: typeof embedded;
  },
): Promise<Result> {
  const dir = await Deno.makeTempDir({ prefix: "faros-bench-" });
  try {
    say(`${name}: API server …`);
    const target = await of.start(dir);
    let partial: Omit<Result, "sync">;
    try {
      partial = await measureTarget(target);
    } finally {
      await target.close();
    }
    say(`${name}: sync …`);
    return { ...partial, sync: await measureSync(of.engine, dir) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function measureTarget(target: Target): Promise<Omit<Result, "sync">> {
  const connect = () => openCluster({ kubeconfig: target.kubeconfig });
  using cluster = await connect();
  const { client } = cluster;
  await client.create(core.Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: NAMESPACE },
  });
  const memoryIdle = memoryOf(target.pids);
  const load = await measureLoad(client, NAMESPACE);
  const fanOut = await measureFanOut(connect, NAMESPACE);
  const memoryAfter = memoryOf(target.pids);
  return { startMs: target.startMs, memoryIdle, load, fanOut, memoryAfter };
}

function table(results: Record<string, Result>): string {
  const all = Object.values(results);
  const row = (title: string, value: (result: Result) => string) => [
    title,
    ...all.map(value),
  ];
  const perSecond = (n: number) => `${Math.round(n)}/s`;
  const ms = (n: number) =>
    n < 10 ? `${n.toFixed(1)} ms` : `${Math.round(n)} ms`;
  const mib = (n: number | undefined) =>
    n === undefined ? "unknown" : `${Math.round(n / 2 ** 20)} MiB`;
  const first = all[0]!;
  return renderTable([
    ["", ...Object.keys(results)],
    row("start until ready", (r) => ms(r.startMs)),
    row("creates", (r) => perSecond(r.load.creates)),
    row("gets", (r) => perSecond(r.load.gets)),
    row("merge patches", (r) => perSecond(r.load.patches)),
    row("server-side applies", (r) => perSecond(r.load.applies)),
    row(`list of ${first.load.listed}`, (r) => ms(r.load.listMs)),
    row(`${first.fanOut.watchers} watchers, p50`, (r) => ms(r.fanOut.p50Ms)),
    row(`${first.fanOut.watchers} watchers, p99`, (r) => ms(r.fanOut.p99Ms)),
    row("memory idle", (r) => mib(r.memoryIdle)),
    row("memory after", (r) => mib(r.memoryAfter)),
    row(
      `sync of ${first.sync.manifests} manifests, first`,
      (r) => ms(r.sync.firstMs),
    ),
    row("  one changed", (r) => ms(r.sync.oneChangedMs)),
    row("  all changed", (r) => ms(r.sync.allChangedMs)),
  ]);
}

function say(text: string): void {
  console.error(text);
}
