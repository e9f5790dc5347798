import { join } from "node:path";
import type { FanOutResult } from "./fan_out.ts";
import type { Rates } from "./load.ts";
import type { ScaleResult } from "./scale.ts";
import type { SyncResult } from "./sync.ts";

/** All that is measured of one API server. */
export interface ServerResult {
  startMs: number;
  memoryIdle: number | undefined;
  rates: Rates;
  /** Milliseconds for all objects of the load, and how many they are. */
  listMs: number;
  listed: number;
  fanOut: FanOutResult;
  memoryAfter: number | undefined;
  sync: SyncResult;
}

/** A whole run. */
export interface BenchResult {
  date: string;
  machine: string;
  /** Processes that ran or wanted to, in the minute before: above 1, the machine was not ours alone. */
  loadAverage: number;
  tool: string;
  /** Answers a second that the tool can take. */
  ceiling: number;
  /** Milliseconds of an fdatasync. */
  diskMs: number;
  /** How often each server was measured; the figures are medians. */
  rounds: number;
  embedded: ServerResult;
  kubernetes?: ServerResult;
  scale: ScaleResult;
}

/** What a figure has to come to. */
interface Target {
  text: string;
  met: boolean;
}

/** A figure as it is shown. */
export interface Line {
  title: string;
  embedded: string;
  kubernetes: string;
  /** Embedded to Kubernetes. */
  ratio: string;
  /** With whether it was met. */
  target: string;
}

/** The figures of a run, side by side where there are two sides, against what they should be. */
export function linesOf({ embedded, kubernetes, scale }: BenchResult): Line[] {
  type Side = ServerResult;
  const line = (
    title: string,
    { of, show, atLeast, atMost, below }: {
      of: (side: Side) => number | undefined;
      show: (n: number) => string;
      atLeast?: number;
      atMost?: number;
      below?: number;
    },
  ): Line => {
    const [ours, theirs] = [of(embedded), kubernetes && of(kubernetes)];
    const ratio = ours !== undefined && theirs ? ours / theirs : undefined;
    const targets: Target[] = [];
    if (below !== undefined && ours !== undefined) {
      targets.push({ text: `< ${show(below)}`, met: ours < below });
    }
    if (ratio !== undefined && atLeast !== undefined) {
      targets.push({ text: `≥ ${atLeast} ×`, met: ratio >= atLeast });
    }
    if (ratio !== undefined && atMost !== undefined) {
      targets.push({ text: `≤ ${atMost} ×`, met: ratio <= atMost });
    }
    return {
      title,
      embedded: ours === undefined ? "unknown" : show(ours),
      kubernetes: theirs === undefined ? "" : show(theirs),
      ratio: ratio === undefined ? "" : `${ratio.toFixed(2)} ×`,
      target: targets.map(said).join(", "),
    };
  };
  const { fanOut } = embedded;
  const watchers = `${fanOut.watchers} watchers`;
  const rate = (kind: keyof Rates) => ({
    of: (side: Side) => side.rates[kind],
    show: perSecond,
  });
  return [
    line("start until ready", {
      of: (s) => s.startMs,
      show: ms,
      below: 1000,
      atMost: 0.2,
    }),
    line("creates", { ...rate("creates"), atLeast: 5 }),
    line("gets", { ...rate("gets"), atLeast: 4 }),
    line("merge patches", { ...rate("patches"), atLeast: 5 }),
    line("server-side applies", { ...rate("applies"), atLeast: 5 }),
    line(`list of ${embedded.listed}`, {
      of: (s) => s.listMs,
      show: ms,
      atMost: 0.5,
    }),
    line(`${watchers}, ${fanOut.perSecond} changes a second: p50`, {
      of: (s) => s.fanOut.steady.p50Ms,
      show: ms,
    }),
    line("  p99", {
      of: (s) => s.fanOut.steady.p99Ms,
      show: ms,
      atMost: 0.5,
    }),
    line(`${watchers}, one change after the other: p50`, {
      of: (s) => s.fanOut.oneByOne.p50Ms,
      show: ms,
    }),
    line("  p99", { of: (s) => s.fanOut.oneByOne.p99Ms, show: ms }),
    line("memory idle", { of: (s) => s.memoryIdle, show: mib, atMost: 0.25 }),
    line("memory after the load", {
      of: (s) => s.memoryAfter,
      show: mib,
      atMost: 0.25,
    }),
    line(`sync of ${embedded.sync.manifests} manifests, first`, {
      of: (s) => s.sync.firstMs,
      show: ms,
    }),
    line("  one changed", { of: (s) => s.sync.oneChangedMs, show: ms }),
    line("  all changed", { of: (s) => s.sync.allChangedMs, show: ms }),
    ...scaleLines(scale),
  ];
}

function scaleLines(scale: ScaleResult): Line[] {
  const line = (title: string, figure: string, target: Target): Line => ({
    title,
    embedded: figure,
    kubernetes: "",
    ratio: "",
    target: said(target),
  });
  const most = (
    value: number | undefined,
    { below, show }: { below: number; show: (n: number) => string },
  ): [string, Target] => [
    value === undefined ? "unknown" : show(value),
    { text: `< ${show(below)}`, met: value !== undefined && value < below },
  ];
  const many = `${scale.many.toLocaleString("en")} objects`;
  const watchers = `${scale.watchers.toLocaleString("en")} watchers`;
  const kinds = ["creates", "gets", "patches", "applies"] as const;
  return [
    ...kinds.map((kind) => {
      const rate = scale.ratesOfMany[kind];
      const held = rate / scale.ratesOfFew[kind];
      const text = `≥ 80 % of those at ${scale.few.toLocaleString("en")}`;
      return line(
        `${many}: ${kind}`,
        `${perSecond(rate)}, ${Math.round(held * 100)} %`,
        { text, met: held >= 0.8 },
      );
    }),
    line(
      `${many}: memory`,
      ...most(scale.memoryOfMany, { below: 700 * 2 ** 20, show: mib }),
    ),
    line(
      `${many}: start until ready`,
      ...most(scale.restartMs, { below: 3000, show: ms }),
    ),
    line(
      `${many}: memory after that start`,
      ...most(scale.memoryAfterRestart, { below: 700 * 2 ** 20, show: mib }),
    ),
    line(
      `${watchers}: memory`,
      ...most(scale.memoryOfWatchers, { below: 900 * 2 ** 20, show: mib }),
    ),
    line(
      `${watchers}: all saw a change after`,
      ...most(scale.allSawMs, { below: 1000, show: ms }),
    ),
  ];
}

/** How a run was made, a sentence each. */
export function conditionsOf(result: BenchResult): string[] {
  return [
    `${result.date}, ${result.machine}; load average before it: ${
      result.loadAverage.toFixed(1)
    }.`,
    `Load by ${result.tool}; its own ceiling against a server that does nothing: ${
      perSecond(result.ceiling)
    }.`,
    `Every write is on the disk before its answer: SQLite's WAL with synchronous=FULL, etcd without --unsafe-no-fsync. An fdatasync of 4 KiB takes ${
      ms(result.diskMs)
    }.`,
    `Medians of ${result.rounds} rounds, the servers in turns; the rates with 2,000 and with 100,000 objects, too, of three on one server each; what else stands of 100,000 objects and 10,000 watchers is of one.`,
  ];
}

/** Writes `bench.json` and `bench.md`. */
export async function saveResult(
  result: BenchResult,
  folder: string,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const json = join(folder, "bench.json");
  await Deno.writeTextFile(json, JSON.stringify(result, null, 2) + "\n");
  const page = join(folder, "bench.md");
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  await Deno.writeTextFile(
    page,
    [
      "# Benchmarks\n",
      "Written by `deno task bench --save`.\n",
      ...conditionsOf(result).map((text) => `- ${text}`),
      "",
      row(["", "embedded", "kube-apiserver + etcd", "ratio", "target"]),
      row(Array(5).fill("---")),
      ...linesOf(result).map((line) => row(Object.values(line))),
      "",
    ].join("\n"),
  );
  // So that `deno fmt --check` agrees with the widths of the table.
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", page, json],
  }).output();
}

function said({ text, met }: Target): string {
  return `${text} ${met ? "✓" : "✗"}`;
}

function perSecond(n: number): string {
  return `${Math.round(n).toLocaleString("en")}/s`;
}

function ms(n: number): string {
  return n < 10 ? `${n.toFixed(1)} ms` : `${Math.round(n)} ms`;
}

function mib(n: number): string {
  return `${Math.round(n / 2 ** 20)} MiB`;
}
