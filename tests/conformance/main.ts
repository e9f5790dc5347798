/**
 * `deno task conformance`: runs Kubernetes' own tests on the embedded API server.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startApiServer } from "../../apiserver/mod.ts";
import { junitReport } from "../junit_report.ts";
import { findPrograms, type Programs } from "./programs.ts";
import { readSpecs, writeResults } from "./results.ts";
import { runSpecs } from "./run_specs.ts";
import type { SpecResult } from "./spec_report.ts";

const USAGE = `deno task conformance [options]

  --focus TEXT       only the specs whose names contain it
  --kubeconfig FILE  run them on another API server (default: start the embedded one, with all built-in kinds)
  --junit FILE       write a JUnit report
  --output DIR       keep the reports and logs of e2e.test (default: a temporary folder)
  --record           write what came of each into results.json, for docs/apiserver.md; of a whole run only
  --processes N      how many e2e.test run at once (default 4)
`;

/** Lines of a failure that are shown. */
const SHOWN = 4;

const { values: options } = parseArgs({
  options: {
    focus: { type: "string", default: "" },
    kubeconfig: { type: "string" },
    junit: { type: "string" },
    output: { type: "string" },
    record: { type: "boolean", default: false },
    processes: { type: "string", default: "4" },
    help: { type: "boolean" },
  },
});
if (options.help) {
  console.log(USAGE);
  Deno.exit(0);
}

if (options.record && (options.focus || options.kubeconfig)) {
  console.error("--record is for all specs, on the embedded API server.");
  Deno.exit(2);
}

const programs = findPrograms();
if ("missing" in programs) {
  console.log(`conformance: skipped, ${programs.missing}`);
  await report([{ name: "conformance", skipped: programs.missing }]);
  Deno.exit(0);
}
const results = await run(programs);
await report(results);
if (options.record) {
  await writeResults({
    kubernetes: await versionOf(programs),
    specs: Object.fromEntries(results.map((r) => [r.name, r.status])),
  });
}
for (const { name, status, failure = "" } of results) {
  if (status === "passed") continue;
  const lines = failure.split("\n").filter((line) => line.trim());
  console.log([`failed ${name}`, ...lines.slice(0, SHOWN)].join("\n    "));
}
const failed = results.filter(({ status }) => status === "failed").length;
console.log(`${results.length - failed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

async function run(programs: Programs): Promise<SpecResult[]> {
  const specs = (await readSpecs())
    .filter((spec) => spec.includes(options.focus));
  if (specs.length === 0) {
    console.error(`No spec's name contains ${JSON.stringify(options.focus)}.`);
    Deno.exit(2);
  }
  const dir = options.output ??
    await Deno.makeTempDir({ prefix: "faros-conformance-" });
  await Deno.mkdir(dir, { recursive: true });
  const runWith = (kubeconfig: string) =>
    runSpecs(specs, {
      programs,
      kubeconfig,
      dir,
      processes: Number(options.processes),
    });
  try {
    if (options.kubeconfig) {
      return await runWith(await Deno.realPath(options.kubeconfig));
    }
    const data = join(await Deno.realPath(dir), "data");
    await using _server = await startApiServer({
      dataDir: data,
      builtins: "all",
    });
    return await runWith(join(data, "admin.kubeconfig"));
  } finally {
    if (!options.output) await Deno.remove(dir, { recursive: true });
  }
}

async function versionOf({ e2eTest }: Programs): Promise<string> {
  const { stdout } = await new Deno.Command(e2eTest, { args: ["--version"] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

async function report(
  cases: Parameters<typeof junitReport>[1],
): Promise<void> {
  if (!options.junit) return;
  await Deno.writeTextFile(options.junit, junitReport("conformance", cases));
}
