/**
 * `deno task kubectl:compare`: runs scenarios on the embedded API server and on
 * a real kube-apiserver, and prints where they differ.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kubeApiserverMissing } from "../engines/kube_apiserver.ts";
import { type JunitCase, junitReport } from "../junit_report.ts";
import {
  type Answers,
  readScenarios,
  recordedPath,
  runOnEmbedded,
  runOnKubeApiserver,
  suiteMissing,
} from "./suite.ts";

const USAGE = `deno task kubectl:compare [options] [SCENARIO...]

  --recorded    compare with what is recorded instead of a running kube-apiserver
  --junit FILE  write a JUnit report
`;

const { values: options, positionals } = parseArgs({
  options: {
    recorded: { type: "boolean", default: false },
    junit: { type: "string" },
    help: { type: "boolean" },
  },
  allowPositionals: true,
});
if (options.help) {
  console.log(USAGE);
  Deno.exit(0);
}

const missing = await suiteMissing() ??
  (options.recorded ? undefined : kubeApiserverMissing());
if (missing) {
  console.log(`kubectl: skipped, ${missing}`);
  await report([{ name: "kubectl", skipped: missing }]);
  Deno.exit(0);
}

const scenarios = await readScenarios(positionals);
if (scenarios.length === 0) {
  throw new Error(`Cannot compare: no scenario is named ${positionals}`);
}
// One after the other, so that neither slows the other down.
const embedded = await runOnEmbedded(scenarios);
const real = options.recorded
  ? await recorded()
  : (await runOnKubeApiserver(scenarios))!;
const cases: JunitCase[] = [];
for (const { name } of scenarios) {
  const failure = await difference(real.get(name)!, embedded.get(name)!);
  if (failure !== undefined) console.log(`${name}:\n${failure}`);
  cases.push({ name, failure });
}
await report(cases);
const failed = cases.filter(({ failure }) => failure !== undefined).length;
console.log(`${cases.length - failed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

async function recorded(): Promise<Answers> {
  const answers: Answers = new Map();
  for (const { name } of scenarios) {
    answers.set(name, await Deno.readTextFile(recordedPath(name)));
  }
  return answers;
}

/** What kube-apiserver answered (-) and the embedded server did not (+). */
async function difference(
  wanted: string | Error,
  found: string | Error,
): Promise<string | undefined> {
  for (const answer of [wanted, found]) {
    if (answer instanceof Error) return answer.message;
  }
  if (wanted === found) return undefined;
  const dir = await Deno.makeTempDir({ prefix: "kubectl-compare-" });
  try {
    await Deno.writeTextFile(join(dir, "kube-apiserver"), wanted as string);
    await Deno.writeTextFile(join(dir, "embedded"), found as string);
    const { stdout } = await new Deno.Command("git", {
      args: ["diff", "--no-index", "--no-color", "kube-apiserver", "embedded"],
      cwd: dir,
    }).output();
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function report(cases: JunitCase[]): Promise<void> {
  if (!options.junit) return;
  await Deno.writeTextFile(options.junit, junitReport("kubectl", cases));
}
