/**
 * `deno task bench:gitops`: from a push until all is applied, beside `kubectl apply --prune --applyset` of the same tree
 * and what the API server itself can take.
 *
 * @module
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { openCluster } from "../cli/cluster.ts";
import { renderTable } from "../cli/table.ts";
import { findKubectl } from "../tests/e2e/kubectl.ts";
import { embedded } from "../tests/engines/embedded.ts";
import type { Engine } from "../tests/engines/engine.ts";
import { kubernetes } from "../tests/engines/kubernetes.ts";
import { machine } from "../tests/machine.ts";
import { HubSide } from "./gitops/hub_side.ts";
import { KubectlSide } from "./gitops/kubectl_side.ts";
import { ServerSide } from "./gitops/server_side.ts";
import { fileOf, manifest, tree, workspaceFile } from "./gitops/tree.ts";
import { median } from "./median.ts";
import { memoryOf } from "./memory.ts";
import { ownClient } from "./own_client.ts";
import { roundsOf } from "./rounds.ts";
import { addressIn } from "./targets.ts";
import { findWrk } from "./wrk.ts";

/** Manifests that a hub that has just started syncs first, and applies of a server before anything is measured. */
const WARM_UP = 1000;
/** The workspaces of the hub, and what those of the API server begin with. */
const NEW = "new";
const BENCH = "bench";
const SERVERS = { warmUp: "warm-up", fresh: "fresh", own: "own" };
/** Until the hub has done what may come later, in milliseconds. */
const REST = 2000;

const USAGE = `deno task bench:gitops [options]

  --engine NAME     kube-apiserver (default) or embedded
  --manifests LIST  sizes of the trees (1000,10000)
  --rounds N        how often each is measured, on a new server; medians count (3)
  --save            also write bench/results/gitops.md
`;

const engines: Record<string, Engine> = {
  embedded,
  "kube-apiserver": kubernetes,
};

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "kube-apiserver" },
    manifests: { type: "string", default: "1000,10000" },
    rounds: { type: "string", default: "3" },
    save: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const engine = engines[values.engine];
if (!engine) {
  console.error(
    `--engine is ${values.engine}; it can be ${
      Object.keys(engines).join(" or ")
    }`,
  );
  Deno.exit(2);
}
const sizes = values.manifests.split(",").map(Number);
if (!sizes.every((n) => Number.isInteger(n) && n > 0)) {
  console.error(
    `--manifests is ${values.manifests}; it takes numbers, as in 1000,10000`,
  );
  Deno.exit(2);
}
const rounds = roundsOf(values.rounds);
const missing = engine.missing ??
  (findKubectl() ? undefined : "kubectl is not on the PATH");
if (missing) {
  console.error(`Cannot run ${engine.name}: ${missing}`);
  Deno.exit(1);
}

/** What is pushed, and where that is no more than applies, with which value. */
interface Step {
  step: string;
  files: Record<string, string>;
  value?: string;
}

/** A step, and what it took in one round. Milliseconds. */
interface Row {
  step: string;
  /** The hub. */
  ms: number;
  /** In the first round: it takes the longest by far, and hardly varies. */
  kubectl?: number | undefined;
  /** Where the step is no more than applies. */
  server?: number | undefined;
  /** Objects that the hub wrote. */
  written: number;
}

/** What a round found. */
interface Round {
  rows: Row[];
  /** Bytes of the hub at its end. */
  memory: number | undefined;
}

const [loadAverage = 0] = Deno.loadavg();
const dir = await Deno.makeTempDir({ prefix: "faros-bench-gitops-" });
try {
  const measured: { n: number; rounds: Round[] }[] = [];
  for (const n of sizes) {
    const of = { n, rounds: [] as Round[] };
    measured.push(of);
    for (let round = 1; round <= rounds; round++) {
      console.error(
        `${engine.name}: ${n} manifests, round ${round} of ${rounds} …`,
      );
      const own = join(dir, `${n}-${round}`);
      await Deno.mkdir(own);
      const withKubectl = round === 1;
      of.rounds.push(await measure(own, { engine, n, withKubectl }));
    }
  }
  const table = [
    ["", "hub", "kubectl", "", "API server", ""],
    ...measured.flatMap(({ n, rounds }) => [
      ...rounds[0]!.rows.map((_, i) => line(rounds.map((r) => r.rows[i]!))),
      memoryLine(n, rounds.flatMap(({ memory = [] }) => memory)),
    ]),
  ];
  const conditions = [
    `${
      new Date().toISOString().slice(0, 10)
    }, ${machine()}, ${engine.name}; load average before it: ${
      loadAverage.toFixed(1)
    }.`,
    `The median of ${rounds} rounds, each on a new server${
      rounds > 1 ? "; kubectl in the first of them" : ""
    }.`,
    "The hub, which follows a repository on its own disk, from the end of the push until its status says that the commit is applied; kubectl apply --server-side --prune --applyset from its start to its end; the API server: as many applies of the same objects, checked as strictly, from 32 connections by the ServiceAccount as which the hub syncs a workspace, the mean of before and after the hub's.",
  ];
  console.log([...conditions, "", renderTable(table)].join("\n"));
  if (values.save) await save(conditions, table);
} finally {
  await Deno.remove(dir, { recursive: true });
}

async function measure(
  dir: string,
  { engine, n, withKubectl }: {
    engine: Engine;
    n: number;
    withKubectl: boolean;
  },
): Promise<Round> {
  const running = await engine.start({ dir });
  try {
    const { kubeconfig } = running;
    using cluster = await openCluster({ kubeconfig });
    const { client } = cluster;
    const load = {
      client,
      tool: await findWrk() ?? ownClient,
      address: await addressIn(kubeconfig),
    };
    const hub = await HubSide.start(dir, { running, client });
    const push = async (files: Record<string, string>) => {
      const pushed = await hub.push(files);
      await delay(REST);
      return pushed;
    };
    const row = async (
      { step, files, value }: Step,
      server: ServerSide,
    ): Promise<Row> => {
      if (value === undefined) return { step, ...await push(files) };
      const manifests = { n: Object.keys(files).length, value };
      const { result, ms } = await server.around(() => push(files), manifests);
      return { step, ...result, server: ms };
    };
    const workspaces = [
      NEW,
      BENCH,
      ...Object.values(SERVERS).flatMap((name) => ServerSide.workspaces(name)),
    ];
    // They are made once in the life of a site.
    await push(Object.assign({}, ...workspaces.map(workspaceFile)));
    const start = (name: string) => ServerSide.start({ ...load, name });
    const nothing = () => Promise.resolve();
    const warmUp = await start(SERVERS.warmUp);
    await warmUp.around(nothing, { n: WARM_UP, value: "warm-up" });
    const server = await start(SERVERS.own);
    const all = (value: string) => ({
      value,
      files: tree(BENCH, { n, value }),
    });
    const one = { [fileOf(BENCH, 7)]: manifest(7, "one") };
    const none = { "README.md": "Not a manifest." };
    const steps: Step[] = [
      { step: `${numberOf(n)}, first`, ...all("first") },
      { step: `${numberOf(n)}, all changed`, ...all("second") },
      { step: `${numberOf(n)}, one changed`, files: one },
      { step: `${numberOf(n)}, nothing changed`, files: none },
    ];
    const fresh = await start(SERVERS.fresh);
    const rows = [
      await row({
        step: `${numberOf(WARM_UP)}, first, by a hub that has just started`,
        files: tree(NEW, { n: WARM_UP, value: "first" }),
        value: "first",
      }, fresh),
    ];
    for (const step of steps) rows.push(await row(step, server));
    const memory = memoryOf([running.hub.pid]);
    if (!withKubectl) return { memory, rows };
    // Last, since the hub watches members of any apply set.
    const kubectl = await KubectlSide.start(dir, {
      kubeconfig,
      client,
      namespace: "kubectl",
    });
    for (const { step, files } of steps) {
      rows.find((row) => row.step === step)!.kubectl = await kubectl.apply(
        files,
      );
    }
    return { memory, rows };
  } finally {
    await running.close();
  }
}

/** A step's line, of its rows in all rounds. */
function line(rows: Row[]): string[] {
  const { step, written } = rows[0]!;
  const hub = median(rows.map((row) => row.ms));
  const kubectl = rows.flatMap((row) => row.kubectl ?? []);
  const own = rows.filter((row) => row.server !== undefined);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const times = (ratio: number) => `${ratio.toFixed(2)} ×`;
  return [
    `${step} (${written} written)`,
    seconds(hub),
    ...kubectl.length
      ? [seconds(median(kubectl)), times(hub / median(kubectl))]
      : ["", ""],
    // Those of the same round are compared.
    ...own.length
      ? [
        seconds(median(own.map((row) => row.server!))),
        times(median(own.map((row) => row.ms / row.server!))),
      ]
      : ["", ""],
  ];
}

function memoryLine(n: number, bytes: number[]): string[] {
  const text = bytes.length
    ? `${Math.round(median(bytes) / 2 ** 20)} MiB`
    : "unknown";
  return [`${numberOf(n)}, memory of the hub`, text, "", "", "", ""];
}

function numberOf(n: number): string {
  return n.toLocaleString("en");
}

async function save(conditions: string[], table: string[][]): Promise<void> {
  const page = fileURLToPath(new URL("results/gitops.md", import.meta.url));
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const [head, ...rows] = table;
  await Deno.writeTextFile(
    page,
    [
      "# From a push until all is applied\n",
      "Written by `deno task bench:gitops --save`.\n",
      ...conditions.map((text) => `- ${text}`),
      "",
      row(head!),
      row(head!.map(() => "---")),
      ...rows.map(row),
      "",
    ].join("\n"),
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", page],
  }).output();
}
