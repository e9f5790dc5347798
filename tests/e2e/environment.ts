import { join } from "node:path";
import { Agent } from "../../api/agent.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import { type Cluster, openCluster } from "../../cli/cluster.ts";
import { type Child, startChild } from "../../cli/demo/child.ts";
import { describeAgent, isConverged } from "../../cli/demo/convergence.ts";
import {
  createFleetRepository,
  type FleetRepository,
} from "../../cli/demo/fleet_repository.ts";
import { waitUntil } from "../../cli/demo/wait_until.ts";
import { bufferIo } from "../../cli/io.ts";
import { main } from "../../cli/main.ts";
import { selfCommand } from "../../cli/self_command.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Engine, RunningEngine } from "../engines/engine.ts";
import { createKubectl, type Kubectl } from "./kubectl.ts";

/** Longest wait for anything, in milliseconds; what has to be quick says so itself. */
const TIMEOUT = 120_000;
/** Name of the suite's Repository. */
export const REPOSITORY = "fleet";

/** A device: a process with a folder of its own. */
export interface Device {
  readonly workspace: string;
  readonly name: string;
  /** Its folder; the agent's state is in `state`. */
  readonly dir: string;
  /** The process that runs, or ran last. */
  readonly agent: Child;
  /** Starts the agent again. */
  start(): void;
}

/** The objects of a workspace, as an administrator has them. */
export interface WorkspaceView {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Of that namespace. */
  readonly kubectl: Kubectl;
}

/** All that a scenario has: an engine, a hub, a repository, devices. */
export class Environment {
  readonly dir: string;
  readonly engine: RunningEngine;
  readonly repository: FleetRepository;
  readonly devices: Device[] = [];
  readonly #cluster: Cluster;
  readonly #clusters: Cluster[] = [];
  readonly #views = new Map<string, Promise<WorkspaceView>>();

  private constructor(
    parts: {
      dir: string;
      engine: RunningEngine;
      repository: FleetRepository;
      cluster: Cluster;
    },
  ) {
    this.dir = parts.dir;
    this.engine = parts.engine;
    this.repository = parts.repository;
    this.#cluster = parts.cluster;
  }

  /** Starts an engine, and a Repository that is synced to it. */
  static async start(engine: Engine): Promise<Environment> {
    const dir = await Deno.makeTempDir({ prefix: "faros-e2e-" });
    let running: RunningEngine | undefined;
    try {
      running = await engine.start({ dir });
      const repository = await createFleetRepository(dir, {
        source: new URL("./empty/", import.meta.url),
      });
      const cluster = await openCluster({ kubeconfig: running.kubeconfig });
      const environment = new Environment({
        dir,
        engine: running,
        repository,
        cluster,
      });
      await environment.#createRepository();
      return environment;
    } catch (error) {
      await running?.close();
      await Deno.remove(dir, { recursive: true });
      throw error;
    }
  }

  /** An administrator of the hub's own objects. */
  get client(): KubeClient {
    return this.#cluster.client;
  }

  /** An administrator in a workspace. */
  in(workspace: string): Promise<WorkspaceView> {
    let view = this.#views.get(workspace);
    if (!view) {
      view = this.#open(workspace);
      this.#views.set(workspace, view);
    }
    return view;
  }

  async #open(workspace: string): Promise<WorkspaceView> {
    const { kubeconfig, namespace } = await this.engine.workspace(workspace);
    const cluster = await openCluster({ kubeconfig });
    this.#clusters.push(cluster);
    const kubectl = createKubectl(kubeconfig, { dir: this.dir });
    return {
      client: cluster.client,
      namespace,
      kubectl: (args, options) => kubectl([...args, "-n", namespace], options),
    };
  }

  async #createRepository(): Promise<void> {
    const object: KubeObject & { spec: unknown } = {
      apiVersion: Repository.apiVersion,
      kind: Repository.kind,
      metadata: { name: REPOSITORY },
      spec: { url: this.repository.url, interval: "1s" },
    };
    await this.client.create(Repository, object);
  }

  /** Says how long Agents that left Git are suspended from now on; null is the default. */
  async setTombstone(tombstone: string | null): Promise<void> {
    await this.client.patch(Repository, REPOSITORY, { spec: { tombstone } });
  }

  /** Ends all, and removes all. */
  async close(): Promise<void> {
    for (const cluster of [this.#cluster, ...this.#clusters]) {
      cluster[Symbol.dispose]();
    }
    await Promise.all(this.devices.map((device) => device.agent.stop()));
    await this.engine.close();
    await Deno.remove(this.dir, { recursive: true });
  }

  /** Commits and pushes; resolves to the commit. */
  async push(files: Record<string, string | null>): Promise<string> {
    const commit = await this.repository.commit("A change", files);
    await this.repository.push();
    return commit;
  }

  /** Commits, pushes, and waits until all of it is applied. */
  async sync(files: Record<string, string | null>): Promise<string> {
    const commit = await this.push(files);
    await this.untilApplied(commit);
    return commit;
  }

  /** Waits until all of a commit is applied. */
  async untilApplied(commit: string): Promise<void> {
    await this.untilRepository(
      `commit ${commit} was applied`,
      (status) => status.appliedCommit === commit,
    );
  }

  /** Waits until the Repository's status is so. */
  async untilRepository(
    what: string,
    test: (status: NonNullable<Repository["status"]>) => unknown,
  ): Promise<NonNullable<Repository["status"]>> {
    let status: Repository["status"];
    return await this.until(what, async () => {
      const found = await this.client.get<Repository>(Repository, REPOSITORY);
      status = found.status;
      return status && test(status) ? status : undefined;
    }, { explain: () => JSON.stringify(status, null, 2) });
  }

  /** Waits until `look` returns something. */
  async until<T>(
    what: string,
    look: () => T | Promise<T>,
    options: { timeout?: number; interval?: number; explain?: () => string } =
      {},
  ): Promise<Exclude<T, undefined | false>> {
    return await waitUntil(what, look, {
      timeout: options.timeout ?? TIMEOUT,
      interval: options.interval,
      explain: () =>
        [
          options.explain?.() ?? "",
          `--- ${this.engine.hub.name}`,
          this.engine.hub.tail(15),
          ...this.devices.flatMap(({ agent }) => [
            `--- ${agent.name}${agent.status ? " (ended)" : ""}`,
            agent.tail(8),
          ]),
        ].join("\n"),
    });
  }

  /** Runs a command of faros as an administrator. */
  async faros(
    ...args: string[]
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const io = bufferIo({ env: { KUBECONFIG: this.engine.kubeconfig } });
    const code = await main(
      [...args, "--kubeconfig", this.engine.kubeconfig],
      { io },
    );
    return { code, stdout: io.stdout, stderr: io.stderr };
  }

  /** Starts a device that joins by the Registration `line`, and does not wait for it. */
  async join(
    workspace: string,
    name: string,
    options: { folder?: string } = {},
  ): Promise<Device> {
    const dir = join(this.dir, "devices", options.folder ?? name);
    const kubeconfig = join(dir, "join.kubeconfig");
    const { code, stderr } = await this.faros(
      ...["agent", "generate", name, "-w", workspace, "-f", kubeconfig],
      ...["--registration", "line"],
    );
    if (code !== 0) throw new Error(stderr);
    const state = join(dir, "state");
    const start = () =>
      startChild([
        ...selfCommand(),
        ...["agent", "--kubeconfig", kubeconfig, "--state-dir", state],
      ], { name: `agent ${options.folder ?? name}`, cwd: dir });
    let agent = start();
    const device: Device = {
      workspace,
      name,
      dir,
      get agent() {
        return agent;
      },
      start() {
        agent = start();
      },
    };
    this.devices.push(device);
    return device;
  }

  /** The Agent of a device. */
  async agentOf(device: Pick<Device, "workspace" | "name">): Promise<Agent> {
    const { client, namespace } = await this.in(device.workspace);
    return await client.get<Agent>(Agent, device.name, { namespace });
  }

  /** Waits until a device runs what it is assigned, and `test` is so. */
  async untilConverged(
    device: Device,
    test: (agent: Agent) => boolean = () => true,
  ): Promise<Agent> {
    let agent: Agent | undefined;
    return await this.until(
      `${device.workspace}/${device.name} ran what it is assigned`,
      async () => {
        agent = await this.agentOf(device);
        return isConverged(agent) && test(agent) && agent;
      },
      { explain: () => describeAgent(agent) },
    );
  }
}
