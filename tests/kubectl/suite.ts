/**
 * All scenarios, and the servers that they run on.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startApiServer } from "../../apiserver/mod.ts";
import { startKubeApiserver } from "../engines/kube_apiserver.ts";
import { findKubectl } from "../e2e/kubectl.ts";
import { runScenario } from "./run_scenario.ts";
import { parseScenario, type Scenario } from "./scenario_file.ts";

/** Scenarios at a time: kubectl is mostly start-up, which takes a core. */
const CONCURRENCY = 3;

const here = fileURLToPath(new URL(".", import.meta.url));

/** Has the version of the kubectl that `recorded/` was written with. */
const VERSION_FILE = join(here, "recorded", "kubectl_version");

/** Why the suite cannot run here; nothing where it can. */
export async function suiteMissing(): Promise<string | undefined> {
  const kubectl = findKubectl();
  if (!kubectl) return "no kubectl under KUBEBUILDER_ASSETS or on the PATH";
  const recorded = (await Deno.readTextFile(VERSION_FILE)).trim();
  const found = await kubectlVersion();
  // Each minor version words some things anew.
  return found === recorded
    ? undefined
    : `needs kubectl ${recorded}, found ${found} (${kubectl})`;
}

/** Major and minor version of the kubectl there is: `1.37`. */
async function kubectlVersion(): Promise<string> {
  const { stdout } = await new Deno.Command(findKubectl()!, {
    args: ["version", "--client", "-o", "json"],
  }).output();
  const { clientVersion } = JSON.parse(new TextDecoder().decode(stdout));
  return `${clientVersion.major}.${clientVersion.minor}`;
}

/** Writes what a real kube-apiserver answered into `recorded/`. */
export async function record(answers: Answers): Promise<void> {
  await Deno.writeTextFile(VERSION_FILE, `${await kubectlVersion()}\n`);
  for (const [name, answer] of answers) {
    if (answer instanceof Error) throw answer;
    await Deno.writeTextFile(recordedPath(name), answer);
  }
}

/** Where a scenario's answers of a real kube-apiserver are kept. */
export function recordedPath(name: string): string {
  return join(here, "recorded", `${name}.txt`);
}

/** Every scenario in `scenarios/`, by name; `only` picks some. */
export async function readScenarios(
  only: readonly string[] = [],
): Promise<Scenario[]> {
  const scenarios: Scenario[] = [];
  for await (const { name: file } of Deno.readDir(join(here, "scenarios"))) {
    const name = file.replace(/\.txt$/, "");
    if (only.length > 0 && !only.includes(name)) continue;
    const text = await Deno.readTextFile(join(here, "scenarios", file));
    scenarios.push(parseScenario(name, text));
  }
  return scenarios.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** What a server answered, by scenario; an Error where one could not be run. */
export type Answers = Map<string, string | Error>;

/** Runs scenarios on an embedded API server. */
export async function runOnEmbedded(scenarios: Scenario[]): Promise<Answers> {
  const dir = await Deno.makeTempDir({ prefix: "kubectl-embedded-" });
  try {
    await using _server = await startApiServer({ dataDir: dir });
    return await runAll(scenarios, join(dir, "admin.kubeconfig"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Runs scenarios on a real kube-apiserver; undefined where there is none. */
export async function runOnKubeApiserver(
  scenarios: Scenario[],
): Promise<Answers | undefined> {
  const server = await startKubeApiserver({ controllerManager: true });
  if (!server) return undefined;
  try {
    return await runAll(scenarios, server.kubeconfigPath);
  } finally {
    await server.close();
  }
}

async function runAll(
  scenarios: Scenario[],
  kubeconfig: string,
): Promise<Answers> {
  const answers: Answers = new Map();
  const waiting = [...scenarios];
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let next; (next = waiting.shift());) {
        const answer = runScenario(next, { kubeconfig });
        answers.set(next.name, await answer.catch((error: Error) => error));
      }
    }),
  );
  return answers;
}
