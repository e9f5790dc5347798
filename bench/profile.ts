/**
 * `deno task bench:profile`: where the processor time of a request goes, in the
 * embedded API server and, where KUBEBUILDER_ASSETS is set, beside it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { openCluster } from "../cli/cluster.ts";
import { renderTable } from "../cli/table.ts";
import { kubeApiserverMissing } from "../tests/engines/kube_apiserver.ts";
import { machine } from "../tests/machine.ts";
import { profileWhile } from "./cpu_profile.ts";
import { loads, makeNamespaces, type Rates, seed, warmUp } from "./load.ts";
import { startEmbedded, startKubernetes, type Target } from "./targets.ts";
import { endedChildrenTime, threadTimes } from "./thread_times.ts";
import { findWrk } from "./wrk.ts";

const USAGE = `deno task bench:profile [options]

  --save        also write bench/results/profile.md
  --share PART  send this part of the requests (0.1), for a quick look
`;

const { values } = parseArgs({
  options: {
    save: { type: "boolean" },
    share: { type: "string", default: "1" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const share = Number(values.share);
if (!(share > 0 && share <= 1)) {
  console.error(`--share is ${values.share}; it can be above 0, up to 1`);
  Deno.exit(2);
}
const wrk = await findWrk();
if (!wrk || Deno.build.os !== "linux") {
  console.error(
    "It takes Linux, which tells the time of threads, and wrk (apt-get install wrk), whose time is its own",
  );
  Deno.exit(1);
}
const tool = wrk;

const NAMESPACE = "bench";
const OBJECTS = 2000;
const KINDS = ["creates", "gets", "patches", "applies"] as const;
const TITLES: Record<keyof Rates, string> = {
  creates: "create",
  gets: "get",
  patches: "merge patch",
  applies: "server-side apply",
};
/** What is counted in two parts: the times, and, since to look costs as well, the places. */
const PARTS = ["times", "places"] as const;
/** Places that take less of a request, in microseconds, are summed up. */
const SMALL = 1;

/** Microseconds of processor time a request. */
interface Cost {
  perSecond: number;
  threads: { main: number; workers: number; helpers: number; system: number };
  tool: number;
  /** Of the main thread, by place; where it could be looked at. */
  places?: Map<string, number>;
}
type Costs = Record<keyof Rates, Cost>;

const dir = await Deno.makeTempDir({ prefix: "faros-bench-" });
const [loadAverage = 0] = Deno.loadavg();
try {
  const ours = await measure(await startEmbedded(dir, { inspect: true }));
  const missing = kubeApiserverMissing();
  if (missing) console.error(`Without kube-apiserver: ${missing}`);
  const theirs = missing ? undefined : await measure(await startKubernetes());
  const tables = [threadsTable(ours, theirs), placesTable(ours)];
  console.log(
    tables.map((rows) => renderTable(rows)).join("\n\n"),
  );
  if (values.save) await save(tables);
} finally {
  await Deno.remove(dir, { recursive: true });
}

async function measure(
  target: Target & { inspectorUrl?: string },
): Promise<Costs> {
  const { address, pids, inspectorUrl } = target;
  const of = { tool, address, namespace: NAMESPACE, objects: OBJECTS, share };
  try {
    using cluster = await openCluster({ kubeconfig: target.kubeconfig });
    const parts = ["warm-up", ...PARTS].map((part) => `${NAMESPACE}-${part}`);
    await makeNamespaces(of, [NAMESPACE, ...parts]);
    await seed(cluster.client, of);
    const kinds = loads(of);
    const costs = {} as Costs;
    for (const name of KINDS) {
      console.error(`${inspectorUrl ? "embedded" : "kube-apiserver"}: ${name}`);
      const kind = kinds[name];
      await warmUp(of, kind, "warm-up");
      const run = (part: string) =>
        tool.run(address, { ...kind.of(part), requests: kind.requests });
      const before = [threadTimes(pids), endedChildrenTime()] as const;
      const { perSecond } = await run("times");
      const after = [threadTimes(pids), endedChildrenTime()] as const;
      const each = (microseconds: number) => microseconds / kind.requests;
      const thread = (key: keyof Cost["threads"]) =>
        each(after[0][key] - before[0][key]);
      const threads = {
        main: thread("main"),
        workers: thread("workers"),
        helpers: thread("helpers"),
        system: thread("system"),
      };
      costs[name] = { perSecond, threads, tool: each(after[1] - before[1]) };
      if (!inspectorUrl) continue;
      const places = await profileWhile(inspectorUrl, () => run("places"));
      costs[name].places = shares(places, threads.main);
    }
    return costs;
  } finally {
    await target.close();
  }
}

/** What the thread took, by the shares in which it was seen at each place. */
function shares(
  places: Map<string, number>,
  took: number,
): Map<string, number> {
  places.delete("idle");
  const all = [...places.values()].reduce((sum, time) => sum + time, 0);
  return new Map(
    [...places].map(([place, time]) => [place, time / all * took]),
  );
}

function threadsTable(ours: Costs, theirs: Costs | undefined): string[][] {
  const row = (title: string, of: (cost: Cost) => number) => [
    title,
    ...KINDS.map((kind) =>
      Math.round(of(ours[kind])).toLocaleString("en-US") +
      (theirs
        ? ` / ${Math.round(of(theirs[kind])).toLocaleString("en-US")}`
        : "")
    ),
  ];
  const all = ({ threads: { main, workers, helpers }, tool }: Cost) =>
    main + workers + helpers + tool;
  return [
    [
      theirs ? "µs, embedded / kube-apiserver with etcd" : "µs",
      ...KINDS.map((kind) => TITLES[kind]),
    ],
    row("server: main thread", ({ threads }) => threads.main),
    row("other threads of the program", ({ threads }) => threads.workers),
    row("V8's and Deno's helpers", ({ threads }) => threads.helpers),
    row("load tool", (cost) => cost.tool),
    row("all together", all),
    row("in the kernel, of the server's", ({ threads }) => threads.system),
    row("requests a second", (cost) => cost.perSecond),
  ];
}

function placesTable(costs: Costs): string[][] {
  const placesOf = (kind: keyof Rates) => costs[kind].places ?? new Map();
  const known = new Set(KINDS.flatMap((kind) => [...placesOf(kind).keys()]));
  const most = (place: string) =>
    Math.max(...KINDS.map((kind) => placesOf(kind).get(place) ?? 0));
  const large = [...known].filter((place) => most(place) >= SMALL)
    .sort((a, b) => most(b) - most(a));
  const small = [...known].filter((place) => !large.includes(place));
  const row = (title: string, places: string[]) => [
    title,
    ...KINDS.map((kind) =>
      places.reduce((sum, place) => sum + (placesOf(kind).get(place) ?? 0), 0)
        .toFixed(1)
    ),
  ];
  return [
    ["µs of the main thread", ...KINDS.map((kind) => TITLES[kind])],
    ...large.map((place) => row(place, [place])),
    row("elsewhere", small),
  ];
}

async function save(tables: string[][][]): Promise<void> {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const table = ([header = [], ...rows]: string[][]) =>
    [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
  const file = new URL("results/profile.md", import.meta.url);
  await Deno.writeTextFile(
    file,
    [
      "# Where the time of a request goes",
      "Written by `deno task bench:profile --save`: processor time a request under the load of `deno task bench`, warm.",
      `- ${
        new Date().toISOString().slice(0, 10)
      }, ${machine()}; load average before it: ${loadAverage.toFixed(1)}.\n` +
      `- Load by ${tool.name}.\n` +
      "- The load tool and the server share the machine's cores, and so do the server's threads.",
      ...tables.map(table),
      "One run of each: others differ by a tenth and more.",
      "Places are where V8's profiler saw the main thread itself: a folder's time holds what V8's own functions, as for JSON, took for it.",
      "",
    ].join("\n\n"),
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", file.pathname],
  }).output();
}
