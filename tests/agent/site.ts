import { join } from "node:path";
import { type AgentOptions, runAgent } from "../../agent/mod.ts";
import { hostCommand } from "../../agent/testing/script_plugin.ts";
import { Agent } from "../../api/agent.ts";
import { Secret } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Monitoring } from "../../api/monitoring.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import { Registration } from "../../api/registration.ts";
import { Workspace } from "../../api/workspace.ts";
import { startUp, type Up } from "../../hub/up.ts";
import type { KubeClient } from "../../kube/client.ts";
import { getCondition } from "../../kube/conditions.ts";
import { createLogger, type Logger } from "../../kube/log.ts";
import { eventually } from "../../kube/testing/eventually.ts";

/** Name of the workspace, and so of its namespace. */
export const WORKSPACE = "site";

/** A hub with one workspace, into which devices can be put. */
export interface Site extends AsyncDisposable {
  readonly dir: string;
  readonly up: Up;
  readonly client: KubeClient;
  readonly logs: string[];
  /** Where the API server and the hub listen, across restarts. */
  readonly ports: { apiPort: number; hubPort: number };
  /** Stops the hub; {@linkcode startHub} starts it again at the same address. */
  stopHub(): Promise<void>;
  startHub(): Promise<void>;
  /** Path of the kubeconfig to join with. */
  joinKubeconfig(): Promise<string>;
  device(name: string, options?: Partial<AgentOptions>): Device;
  /** Writes the Monitoring object that agents of the site run. */
  monitoring(
    spec: { type: string; config?: Record<string, unknown> },
    name?: string,
  ): Promise<void>;
  agent(name: string): Promise<Agent>;
  /** Waits until the Agent is so. */
  until(
    name: string,
    what: string,
    probe: (agent: Agent) => unknown,
  ): Promise<Agent>;
}

/** An agent in this process, its plugins in host processes. */
export interface Device {
  readonly stateDir: string;
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** A built-in plugin made of source. */
export function bundle(
  options: {
    version: string;
    source: string;
    type?: string;
    name?: string;
    permissions?: PluginBundle["permissions"];
  },
): PluginBundle {
  return {
    name: options.name ?? "test",
    description: "A plugin of a test",
    version: options.version,
    form: "script",
    runs: "device",
    provides: [{ kind: "Monitoring", type: options.type ?? "test" }],
    permissions: options.permissions ?? {},
    configSchema: {
      type: "object",
      properties: { secret: { type: "string", writeOnly: true } },
    },
    code: new TextEncoder().encode(options.source),
  };
}

/** Starts a hub with its API server, and the workspace. */
export async function startSite(
  options: {
    catalogue: PluginBundle[];
    workspace?: { name: string; version?: string; permissions?: unknown }[];
    /** Names of the Monitoring objects that agents run. @default {["host"]} */
    plugins?: string[];
  },
): Promise<Site> {
  const dir = await Deno.makeTempDir({ prefix: "faros-agent-" });
  const logs: string[] = [];
  const log = createLogger({
    level: "debug",
    write: (line) => logs.push(line),
  });
  const devices = new Set<Device>();
  let ports: { apiPort: number; hubPort: number } | undefined;
  let up!: Up;

  async function startHub(): Promise<void> {
    up = await startUp({
      dataDir: join(dir, "hub"),
      catalogue: options.catalogue,
      log: log.with({ of: "hub" }),
      ...ports,
    });
    ports = {
      apiPort: Number(new URL(up.apiUrl).port),
      hubPort: Number(new URL(up.hubUrl).port),
    };
    await up.leading;
  }

  async function apply(resource: typeof Workspace, object: KubeObject) {
    await up.client.apply(resource, object, { fieldManager: "test" });
  }

  await startHub();
  await apply(Workspace, {
    apiVersion: Workspace.apiVersion,
    kind: "Workspace",
    metadata: { name: WORKSPACE },
    spec: {
      plugins: options.workspace ??
        options.catalogue.map(({ name, permissions }) => ({
          name,
          ...(permissions ? { permissions } : {}),
        })),
    },
  } as KubeObject);
  await eventually(async () => {
    const workspace = await up.client.get<Workspace>(Workspace, WORKSPACE);
    return workspace.status?.phase === "Ready";
  }, { timeout: 60_000, what: "the workspace is ready" });
  await up.client.apply(
    Registration,
    {
      apiVersion: Registration.apiVersion,
      kind: "Registration",
      metadata: { name: "join", namespace: WORKSPACE },
      spec: {
        agentTemplate: {
          plugins: (options.plugins ?? ["host"]).map((name) => ({ name })),
        },
      },
    } as KubeObject,
    { fieldManager: "test" },
  );

  const site: Site = {
    dir,
    logs,
    get up() {
      return up;
    },
    get ports() {
      return ports!;
    },
    get client() {
      return up.client;
    },
    startHub,
    stopHub: () => up.close(),
    async joinKubeconfig() {
      const path = join(dir, "join.kubeconfig");
      const secret = await eventually(async () => {
        const registration = await up.client.get<Registration>(
          Registration,
          "join",
          { namespace: WORKSPACE },
        );
        const name = registration.status?.secretRef?.name;
        if (!name) return;
        return await up.client.tryGet<
          KubeObject & { data?: Record<string, string> }
        >(Secret, name, { namespace: WORKSPACE });
      }, { timeout: 60_000, what: "the join Secret is there" });
      await Deno.writeFile(
        path,
        Uint8Array.fromBase64(secret.data!.kubeconfig!),
      );
      return path;
    },
    device(name, more = {}) {
      const controller = new AbortController();
      const stateDir = join(dir, name);
      const done = runAgent({
        kubeconfigPath: join(dir, "join.kubeconfig"),
        name,
        stateDir,
        pluginHost: {
          command: hostCommand,
          stopTimeout: 2000,
          backoff: { base: 50, max: 200 },
        },
        log: (log as Logger).with({ of: name }),
        signal: controller.signal,
        ...more,
      });
      done.catch(() => {});
      const device: Device = {
        stateDir,
        done,
        async stop() {
          controller.abort();
          devices.delete(device);
          await done;
        },
      };
      devices.add(device);
      return device;
    },
    async monitoring(spec, name = "host") {
      await up.client.apply(Monitoring, {
        apiVersion: Monitoring.apiVersion,
        kind: "Monitoring",
        metadata: { name, namespace: WORKSPACE },
        spec,
      } as KubeObject, { fieldManager: "test", force: true });
    },
    agent: (name) =>
      up.client.get<Agent>(Agent, name, { namespace: WORKSPACE }),
    async until(name, what, probe) {
      let last: Agent | undefined;
      try {
        return await eventually(async () => {
          last = await site.agent(name);
          return probe(last) ? last : undefined;
        }, { timeout: 60_000, what: `${name} is ${what}` });
      } catch (error) {
        throw new Error(
          `${(error as Error).message}: ${
            JSON.stringify(last?.status, null, 1)
          }\n${logs.slice(-60).join("\n")}`,
          { cause: error },
        );
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...devices].map((device) => device.stop()));
      await up.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
  return site;
}

/** Whether a device runs what it was assigned. */
export function converged(agent: Agent): boolean {
  const { status } = agent;
  return !!status?.assignment &&
    status.revision === status.assignment.revision &&
    status.counter === status.assignment.counter &&
    getCondition(status.conditions, "UpToDate")?.status === "True";
}
