import { join } from "node:path";
import { Agent } from "../../api/agent.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/client.ts";
import { openCluster } from "../cluster.ts";
import type { Io } from "../io.ts";
import { main } from "../main.ts";
import { selfCommand } from "../self_command.ts";
import { aborted } from "../signals.ts";
import { styleOf } from "../style.ts";
import { type Child, startChild } from "./child.ts";
import { describeAgent, isConverged } from "./convergence.ts";
import {
  createFleetRepository,
  type FleetRepository,
} from "./fleet_repository.ts";
import { createTracer, type Step } from "./tracer.ts";
import { waitUntil } from "./wait_until.ts";

/** The example fleet, as it lies in the checkout and in the binary. */
const FLEET = new URL("../../fixtures/fleet/", import.meta.url);
/** Its devices. */
const AGENTS = [
  "factory-a/press-1",
  "factory-a/press-2",
  "factory-b/mill-1",
] as const;
/** Join credential that the example fleet has in each workspace. */
const REGISTRATION = "line";
/** How often the hub looks for commits here. */
const POLL_INTERVAL = "1s";
/** Longest wait for any one thing, in milliseconds; slow machines are slow. */
const TIMEOUT = 60_000;
/** How much later than its processes the demo may hear of Ctrl-C, in milliseconds. */
const SETTLE = 300;

/** Options of {@linkcode runDemo}. */
export interface DemoOptions {
  /** End after the change has arrived, instead of staying for the user. */
  once: boolean;
  /** Binary of faros that the agents run from. @default this program */
  agentBinary?: string | undefined;
  io: Io;
  signal: AbortSignal;
}

/**
 * Shows a git push change what three devices run: a hub, a Git repository and
 * three agents on this machine, all in a temp folder and gone at the end.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "faros-demo-" });
  const children: Child[] = [];
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  try {
    await new Demo(dir, children, { ...options, signal }).run();
  } catch (error) {
    if (!options.signal.aborted) {
      showLogs(children, options.io);
      throw error;
    }
    // Ctrl-C is how a demo without --once ends.
    if (options.once) throw new Error("interrupted");
  } finally {
    ending.abort();
    // The agents first: they take leave of the hub.
    const [hub, ...agents] = children;
    await Promise.all(agents.map((agent) => agent.stop()));
    await hub?.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

class Demo {
  readonly #dir: string;
  readonly #children: Child[];
  readonly #options: DemoOptions;
  readonly #startedAt = Date.now();
  /** Aborted when a process ends that should run on. */
  readonly #failed = new AbortController();

  constructor(dir: string, children: Child[], options: DemoOptions) {
    this.#dir = dir;
    this.#children = children;
    const signal = AbortSignal.any([options.signal, this.#failed.signal]);
    this.#options = { ...options, signal };
  }

  async run(): Promise<void> {
    const { io, once, signal } = this.#options;
    const kubeconfig = await this.#startHub();
    using cluster = await openCluster({ kubeconfig });
    const { client } = cluster;
    const repository = await createFleetRepository(this.#dir, {
      source: FLEET,
      signal,
    });
    this.#say(`Git repository ${repository.bare}`);
    await this.#syncFrom(repository, client);
    this.#say("fleet applied: 2 workspaces, 3 agents");
    await this.#startAgents(kubeconfig);
    await this.#untilAllRun(client);
    await this.#pushChange(repository, client);
    if (once) return;
    this.#sayWhatToTry(kubeconfig, repository);
    await aborted(signal);
    this.#failed.signal.throwIfAborted();
    io.err("Ending …");
  }

  /** Resolves to the path of the administrator's kubeconfig. */
  async #startHub(): Promise<string> {
    const { signal } = this.#options;
    const data = join(this.#dir, "hub");
    const hub = this.#start("faros up", [
      ...selfCommand(),
      "up",
      "--data",
      data,
      "--listen",
      "127.0.0.1:0",
      "--hub-listen",
      "127.0.0.1:0",
    ]);
    const ready = await hub.waitForLine(/^ready\b/, {
      timeout: TIMEOUT,
      signal,
    });
    this.#say(`hub and API server ${ready}`);
    return join(data, "admin.kubeconfig");
  }

  async #syncFrom(
    repository: FleetRepository,
    client: KubeClient,
  ): Promise<void> {
    const { signal } = this.#options;
    const object: KubeObject & { spec: unknown } = {
      apiVersion: Repository.apiVersion,
      kind: Repository.kind,
      metadata: { name: "fleet" },
      spec: { url: repository.url, interval: POLL_INTERVAL },
    };
    await client.apply(Repository, object, {
      fieldManager: "faros-cli",
      signal,
    });
    let found: Repository | undefined;
    await waitUntil("the first commit was applied", async () => {
      found = await client.get<Repository>(Repository, "fleet", { signal });
      return found.status?.appliedCommit;
    }, {
      timeout: TIMEOUT,
      signal,
      explain: () => `Its status: ${JSON.stringify(found?.status)}`,
    });
  }

  async #startAgents(kubeconfig: string): Promise<void> {
    const { agentBinary, io, signal } = this.#options;
    const command = agentBinary ? [agentBinary] : selfCommand();
    for (const id of AGENTS) {
      const [workspace, name] = id.split("/") as [string, string];
      const folder = join(this.#dir, "devices", name);
      const joinFile = join(folder, "join.kubeconfig");
      const errors: string[] = [];
      const code = await main(
        [
          ...["agent", "generate", name, "-f", joinFile, "-w", workspace],
          ...["--registration", REGISTRATION, "--kubeconfig", kubeconfig],
        ],
        { io: { ...io, err: (line) => errors.push(line) }, signal },
      );
      if (code !== 0) throw new Error(errors.join(" "));
      const state = join(folder, "state");
      this.#start(
        `agent ${name}`,
        [...command, "agent", "--kubeconfig", joinFile, "--state-dir", state],
      );
    }
    const pids = this.#children.slice(1).map((c) => c.pid).join(", ");
    this.#say(`three agents started (processes ${pids})`);
  }

  async #untilAllRun(client: KubeClient): Promise<void> {
    const { signal } = this.#options;
    for (const id of AGENTS) {
      const [namespace, name] = id.split("/") as [string, string];
      let agent: Agent | undefined;
      await waitUntil(`agent ${id} ran what it is assigned`, async () => {
        agent = await client.get<Agent>(Agent, name, { namespace, signal });
        return isConverged(agent);
      }, { timeout: TIMEOUT, signal, explain: () => describeAgent(agent) });
      this.#say(
        `device ${id} runs revision ${agent!.status!.revision}`,
      );
    }
  }

  async #pushChange(
    repository: FleetRepository,
    client: KubeClient,
  ): Promise<void> {
    const { io, signal } = this.#options;
    const style = styleOf(io);
    const tracer = await createTracer(client, "fleet", { signal });
    const files: Record<string, string> = {};
    for (const workspace of ["factory-a", "factory-b"]) {
      const path = `workspaces/${workspace}/monitoring.yaml`;
      files[path] = changeConfig(await repository.read(path));
    }
    // press-2 sets the interval by itself; let it go back to the common one.
    const agents = "workspaces/factory-a/agents.yaml";
    files[agents] = (await repository.read(agents))
      .replace(/\n +config: \{ interval: [^}]* \}/, "");
    const commit = await repository.commit("Measure every five seconds", files);
    io.out("");
    io.out(
      style.bold(`git push: measure every five seconds`),
    );
    let pushed = Infinity;
    const print = (at: number, text: string) =>
      io.out(
        `${style.green(`${seconds(at - pushed)} s`.padStart(9))}  ${text}`,
      );
    const early: Step[] = [];
    const show = (step: Step) => print(step.at, describeStep(step));
    const followed = tracer.follow(commit, {
      agents: AGENTS,
      timeout: TIMEOUT,
      signal,
      onStep: (step) => pushed === Infinity ? early.push(step) : show(step),
    });
    // Awaited below; until then nobody would hear it fail.
    followed.catch(() => {});
    await repository.push();
    pushed = Date.now();
    print(pushed, `pushed    ${commit.slice(0, 12)}`);
    early.forEach(show);
    const steps = await followed;
    const fetched = steps.find((step) => step.stage === "fetched")!.at;
    const last = Math.max(...steps.map((step) => step.at));
    io.out("");
    io.out(
      `All ${AGENTS.length} devices run it, ${
        seconds(last - pushed)
      } s after the push and ${
        seconds(last - fetched)
      } s after the hub saw it (it looks every ${POLL_INTERVAL}).`,
    );
  }

  #sayWhatToTry(kubeconfig: string, repository: FleetRepository): void {
    const { io } = this.#options;
    const style = styleOf(io);
    io.out(`
${style.bold("It stays until Ctrl-C. In another terminal:")}

  export KUBECONFIG=${kubeconfig}
  kubectl get workspaces,repositories
  kubectl get agents -A -o wide
  kubectl describe agent press-1 -n factory-a
  kubectl explain agent.spec.plugins
  cd ${repository.clone} && sed -i.bak s/5s/3s/ workspaces/*/monitoring.yaml && git commit -qam 'Faster' && git push -q origin HEAD:main
`);
  }

  #start(name: string, command: string[]): Child {
    const child = startChild(command, { name, cwd: this.#dir });
    this.#children.push(child);
    void child.ended.then(async ({ code }) => {
      // Ctrl-C ends all processes of the terminal, us perhaps last.
      await new Promise((resolve) => setTimeout(resolve, SETTLE));
      const error = new Error(
        `${name} ended by itself with exit code ${code}`,
      );
      if (!this.#options.signal.aborted) this.#failed.abort(error);
    });
    return child;
  }

  #say(text: string): void {
    const { io } = this.#options;
    const time = `${seconds(Date.now() - this.#startedAt)} s`.padStart(9);
    io.out(`${styleOf(io).dim(time)}  ${text}`);
  }
}

/** The change: all devices measure every five seconds. */
function changeConfig(manifest: string): string {
  const changed = manifest.replace(/interval: \S+/, "interval: 5s");
  if (changed === manifest) {
    throw new Error("Cannot change the example fleet: it has no interval: 10s");
  }
  return changed;
}

function describeStep(step: Step): string {
  switch (step.stage) {
    case "fetched":
      return "fetched   by the hub";
    case "applied":
      return "applied   to the API";
    case "revision":
      return `revision  ${step.revision} assigned to ${step.agent}`;
    case "device":
      return `device    ${step.agent} applied it`;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

/** Shows the end of the log of each process that may be to blame. */
function showLogs(children: readonly Child[], io: Io): void {
  const dead = children.filter((child) => child.status);
  for (const child of dead.length ? dead : children) {
    const state = child.status
      ? `ended with exit code ${child.status.code}`
      : "runs";
    io.err(`--- ${child.name} ${state}; its last lines:`);
    io.err(child.tail(15));
  }
}
