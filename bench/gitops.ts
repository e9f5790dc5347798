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
import { fileOf, manifest, tree, workspaceFiles } from "./gitops/tree.ts";
import { memoryOf } from "./memory.ts";
import { ownClient } from "./own_client.ts";
import { addressIn } from "./targets.ts";
import { findWrk } from "./wrk.ts";

/** Applies before anything is measured. */
const WARM_UP = 1000;
/** Until the hub has done what may come later, in milliseconds. */
const REST = 2000;

const USAGE = `deno task bench:gitops [options]

  --engine NAME     kube-apiserver (default) or embedded
  --manifests LIST  sizes of the trees (1000,10000)
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
const missing = engine.missing ??
  (findKubectl() ? undefined : "kubectl is not on the PATH");
if (missing) {
  console.error(`Cannot run ${engine.name}: ${missing}`);
  Deno.exit(1);
}

/** A step, and what it took. Milliseconds. */
interface Row {
  step: string;
  hub: number;
  kubectl: number;
  /** Where the step is no more than applies. */
  server?: number | undefined;
  /** Objects that the hub wrote. */
  written: number;
}

const [loadAverage = 0] = Deno.loadavg();
const dir = await Deno.makeTempDir({ prefix: "faros-bench-gitops-" });
try {
  const measured: { n: number; rows: Row[]; memory: number | undefined }[] = [];
  for (const n of sizes) {
    const own = join(dir, String(n));
    await Deno.mkdir(own);
    measured.push({ n, ...await measure(own, { engine, n }) });
  }
  const table = [
    ["", "hub", "kubectl", "", "API server", ""],
    ...measured.flatMap(({ n, rows, memory }) => [
      ...rows.map((row) => line(n, row)),
      [
        `${n.toLocaleString("en")}, memory of the hub`,
        memory === undefined
          ? "unknown"
          : `${Math.round(memory / 2 ** 20)} MiB`,
        "",
        "",
        "",
        "",
      ],
    ]),
  ];
  const conditions = [
    `${
      new Date().toISOString().slice(0, 10)
    }, ${machine()}, ${engine.name}; load average before it: ${
      loadAverage.toFixed(1)
    }.`,
    "The hub, which follows a repository on its own disk, from the end of the push until its status says that the commit is applied; kubectl apply --server-side --prune --applyset from its start to its end; the API server: as many applies of the same objects from 32 connections.",
  ];
  console.log([...conditions, "", renderTable(table)].join("\n"));
  if (values.save) await save(conditions, table);
} finally {
  await Deno.remove(dir, { recursive: true });
}

async function measure(
  dir: string,
  { engine, n }: { engine: Engine; n: number },
): Promise<{ rows: Row[]; memory: number | undefined }> {
  console.error(`${engine.name}: ${n} manifests …`);
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
    const server = await ServerSide.start({
      ...load,
      namespace: `server-${n}`,
    });
    const kubectl = await KubectlSide.start(dir, {
      kubeconfig,
      client,
      namespace: `kubectl-${n}`,
    });
    // The first to come would find a server that has just started.
    const other = await ServerSide.start({ ...load, namespace: "warm-up" });
    await other.apply(WARM_UP, "first");
    const hub = await HubSide.start(dir, { running, client });
    // It is made once in the life of a site.
    await hub.push(workspaceFiles(n));
    const steps = [
      { step: "first", value: "first", files: tree(n, "first") },
      { step: "all changed", value: "second", files: tree(n, "second") },
      { step: "one changed", files: { [fileOf(n, 7)]: manifest(7, "one") } },
      { step: "nothing changed", files: { "README.md": "Not a manifest." } },
    ];
    const measured: Omit<Row, "kubectl">[] = [];
    for (const { step, value, files } of steps) {
      const { ms, written } = await hub.push(files);
      await delay(REST);
      // One after the other: a machine is not as fast all the time.
      const own = value ? await server.apply(n, value) : undefined;
      measured.push({ step, hub: ms, written, server: own });
    }
    const memory = memoryOf([running.hub.pid]);
    // Last, since the hub watches members of any apply set.
    const rows: Row[] = [];
    for (const [i, row] of measured.entries()) {
      rows.push({ ...row, kubectl: await kubectl.apply(steps[i]!.files) });
    }
    return { memory, rows };
  } finally {
    await running.close();
  }
}

function line(n: number, row: Row): string[] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const times = (a: number, b: number) => `${(a / b).toFixed(2)} ×`;
  return [
    `${n.toLocaleString("en")}, ${row.step} (${row.written} written)`,
    seconds(row.hub),
    seconds(row.kubectl),
    times(row.hub, row.kubectl),
    row.server === undefined ? "" : seconds(row.server),
    row.server === undefined ? "" : times(row.hub, row.server),
  ];
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
