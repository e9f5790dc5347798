import { delimiter, dirname, join } from "node:path";
import type { Programs } from "./programs.ts";
import { readSpecReport, type SpecResult } from "./spec_report.ts";

/** Options of {@linkcode runSpecs}. */
export interface RunSpecsOptions {
  programs: Programs;
  /** Of an administrator of the API server. */
  kubeconfig: string;
  /** Folder for reports and logs. */
  dir: string;
  /** How many `e2e.test` run at once. They wait more than they work. @default {4} */
  processes?: number;
  /** Minutes after which what still runs has failed. @default {20} */
  minutes?: number;
}

/** Specs that must have the server for themselves say so in their names. */
const SERIAL = "[Serial]";

/** Runs specs by their full names; results come in the same order. */
export async function runSpecs(
  specs: string[],
  options: RunSpecsOptions,
): Promise<SpecResult[]> {
  const { processes = 4 } = options;
  const parallel = specs.filter((spec) => !spec.includes(SERIAL));
  const shards = Array.from({ length: processes }, (_, shard) => ({
    name: `shard-${shard + 1}`,
    specs: parallel.filter((_, index) => index % processes === shard),
  }));
  const results = await Promise.all(
    shards.map((shard) => runShard(shard, options)),
  );
  const serial = specs.filter((spec) => spec.includes(SERIAL));
  results.push(await runShard({ name: "serial", specs: serial }, options));
  const byName = new Map(results.flat().map((result) => [result.name, result]));
  return specs.map((spec) => byName.get(spec)!);
}

async function runShard(
  { name, specs }: { name: string; specs: string[] },
  { programs, kubeconfig, dir, minutes = 20 }: RunSpecsOptions,
): Promise<SpecResult[]> {
  if (specs.length === 0) return [];
  const own = join(dir, name);
  await Deno.mkdir(own, { recursive: true });
  const report = join(own, "junit.xml");
  const focus = specs.map((spec) =>
    spec.replaceAll(/[[\]().*+?^$|{}\\]/g, "\\$&")
  )
    .join("|");
  const { kubectl } = programs;
  const log = await Deno.create(join(own, "e2e.log"));
  const process = new Deno.Command(programs.e2eTest, {
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--kubectl-path=${kubectl}`,
      "--provider=skeleton",
      "--num-nodes=0",
      "--allowed-not-ready-nodes=-1",
      "--ginkgo.no-color",
      `--ginkgo.focus=(${focus})$`,
      "--ginkgo.skip=\\[Flaky\\]",
      `--ginkgo.timeout=${minutes}m`,
      `--ginkgo.junit-report=${report}`,
    ],
    env: {
      KUBECONFIG: kubeconfig,
      TMPDIR: own,
      PATH: `${dirname(kubectl)}${delimiter}${Deno.env.get("PATH") ?? ""}`,
    },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const written = [
    process.stdout.pipeTo(log.writable, { preventClose: true }),
    drain(process.stderr),
  ];
  await process.status;
  await Promise.all(written);
  log.close();
  const xml = await Deno.readTextFile(report).catch(() => "");
  return readSpecReport(xml, specs);
}

/** Ginkgo says everything on stdout; what else comes must not fill the pipe. */
async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream);
}
