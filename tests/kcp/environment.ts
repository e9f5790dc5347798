import type { Kind } from "../../api/kind.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import { Workspace } from "../../api/workspace.ts";
import { openCluster } from "../../cli/cluster.ts";
import { compareSchemas } from "../../hub/compare_schemas.ts";
import { type Hub, startHub } from "../../hub/mod.ts";
import type { KubeClient } from "../../kube/client.ts";
import { getCondition } from "../../kube/conditions.ts";
import { hubKinds } from "../../kube/kcp/exports.ts";
import { KcpWorkspace } from "../../kube/kcp/kinds.ts";
import { type Kcp, openKcp } from "../../kube/kcp/open_kcp.ts";
import { createLogger } from "../../kube/log.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import { builtinPlugins } from "../../plugins/mod.ts";
import { type KcpServer, startKcp } from "../engines/kcp_server.ts";
import { HubCertificate } from "./hub_certificate.ts";
import { makeAdmin } from "./make_admin.ts";

/** The hub's workspace. */
export const HUB = "root:faros";
/** The hub's identity: administrator of its own workspace, and nothing else. */
const HUB_USER = "faros-hub";
/** Longest wait for anything, in milliseconds. */
export const TIMEOUT = 120_000;

/** Options of {@linkcode KcpEnvironment.start}. */
export interface KcpEnvironmentOptions {
  /** Users who can log in. @default nobody but kcp's own and the hub */
  people?: readonly string[];
  /** Whether the hub syncs Repositories, and has plugins to assign. @default {false} */
  gitops?: boolean;
  /** Its plugins. @default those built in where it has any to assign */
  catalogue?: readonly PluginBundle[];
  /** How the hub logs in: by a token that does not end, or by a certificate in files. @default {"token"} */
  identity?: "token" | "certificate";
}

/** A hub on a real kcp, in this process, with no more rights than it asks for. */
export class KcpEnvironment implements AsyncDisposable {
  readonly server: KcpServer;
  readonly logs: string[] = [];
  readonly dir: string;
  #running: { kcp: Kcp; hub: Hub; stop: AbortController } | undefined;
  readonly #clients: KubeClient[] = [];
  readonly #options: KcpEnvironmentOptions;
  readonly #certificate: HubCertificate | undefined;

  private constructor(
    server: KcpServer,
    { dir, certificate, ...options }: KcpEnvironmentOptions & {
      dir: string;
      certificate: HubCertificate | undefined;
    },
  ) {
    this.server = server;
    this.dir = dir;
    this.#options = options;
    this.#certificate = certificate;
  }

  static async start(
    options: KcpEnvironmentOptions = {},
  ): Promise<KcpEnvironment> {
    const dir = await Deno.makeTempDir({ prefix: "faros-kcp-" });
    const people = [HUB_USER, ...options.people ?? []];
    const certificate = options.identity === "certificate"
      ? await HubCertificate.make(dir, HUB_USER)
      : undefined;
    const clientCA = certificate?.clientCA;
    const server = await startKcp({ dir, people, clientCA });
    const environment = new KcpEnvironment(server, {
      ...options,
      dir,
      certificate,
    });
    try {
      await environment.#giveRights();
      await environment.startHub();
      return environment;
    } catch (error) {
      await environment[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What an administrator of kcp does once: the hub's workspace, with the hub as its administrator. */
  async #giveRights(): Promise<void> {
    const root = await this.admin("root");
    const name = HUB.replace("root:", "");
    await this.kcpWorkspace(root, { name });
    const client = await this.admin(HUB);
    await makeAdmin(client, HUB_USER);
  }

  /** Makes a workspace of kcp, and waits until it is ready. */
  async kcpWorkspace(
    parent: KubeClient,
    { name, type = "universal" }: { name: string; type?: string },
  ): Promise<void> {
    await parent.create<KcpWorkspace>(KcpWorkspace, {
      apiVersion: "tenancy.kcp.io/v1alpha1",
      kind: KcpWorkspace.kind,
      metadata: { name },
      spec: { type: { name: type, path: "root" } },
    });
    await eventually(async () => {
      const found = await parent.get<KcpWorkspace>(KcpWorkspace, name);
      return found.status?.phase === "Ready";
    }, { timeout: TIMEOUT, what: `kcp workspace ${name} was ready` });
  }

  /** Starts a hub; `kinds` are those that tenants see. */
  async startHub(kinds?: readonly Kind[]): Promise<void> {
    const byToken = await this.server.kubeconfig(HUB, HUB_USER);
    using cluster = await openCluster({
      kubeconfig: await this.#certificate?.kubeconfig(byToken) ?? byToken,
    });
    const { gitops = false } = this.#options;
    const catalogue = this.#options.catalogue ??
      (gitops ? await builtinPlugins() : []);
    const log = createLogger({
      level: "debug",
      write: (line) => this.logs.push(line),
    });
    const stop = new AbortController();
    const kcp = await openKcp({
      config: cluster.config,
      path: HUB,
      kinds,
      compare: compareSchemas,
      log,
      signal: stop.signal,
    });
    try {
      const hub = await startHub({
        client: kcp.client,
        provider: kcp.provider,
        kinds: hubKinds,
        engine: { url: this.server.url, caData: cluster.caData },
        stateDir: `${this.dir}/hub`,
        gitops,
        catalogue: [...catalogue],
        log,
      });
      this.#running = { kcp, hub, stop };
      await hub.leading;
    } catch (error) {
      await kcp[Symbol.asyncDispose]();
      throw error;
    }
  }

  async stopHub(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.hub.close();
    await running?.kcp[Symbol.asyncDispose]();
  }

  /** The hub that runs. */
  get hub(): Hub {
    return this.#running!.hub;
  }

  /** How the hub logs in, where that is by a certificate. */
  get certificate(): HubCertificate {
    return this.#certificate!;
  }

  /** What the hub says of itself. */
  async readyz(): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${this.hub.url}/readyz`);
    return { status: answer.status, text: await answer.text() };
  }

  /** What the hub works with. */
  get kcp(): Kcp {
    return this.#running!.kcp;
  }

  /** An administrator of kcp in a workspace, until kcp ends. */
  admin(path: string): Promise<KubeClient> {
    return this.as("kcp-admin", path);
  }

  /** Somebody in a workspace. */
  async as(user: string, path: string): Promise<KubeClient> {
    const { client } = await openCluster({
      kubeconfig: await this.server.kubeconfig(path, user),
    });
    this.#clients.push(client);
    return client;
  }

  /** Makes a Workspace and waits until it is Ready. */
  async workspace(
    name: string,
    spec: Workspace["spec"] = {},
  ): Promise<KubeClient> {
    const hub = await this.admin(HUB);
    await hub.create<Workspace>(Workspace, {
      apiVersion: Workspace.apiVersion,
      kind: Workspace.kind,
      metadata: { name },
      spec,
    });
    await this.untilWorkspace(
      name,
      (found) =>
        getCondition(found?.status?.conditions, "Ready")?.status === "True",
    );
    return await this.admin(`${HUB}:${name}`);
  }

  /** Waits until a Workspace is so. */
  async untilWorkspace(
    name: string,
    test: (found: Workspace | undefined) => unknown,
  ): Promise<Workspace | undefined> {
    const hub = await this.admin(HUB);
    let found: Workspace | undefined;
    try {
      await eventually(async () => {
        found = await hub.tryGet<Workspace>(Workspace, name);
        return test(found);
      }, { timeout: TIMEOUT, what: `Workspace ${name} was so` });
      return found;
    } catch (error) {
      throw new Error(
        `${(error as Error).message}: ${JSON.stringify(found?.status)}\n${
          this.logs.slice(-20).join("\n")
        }`,
        { cause: error },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopHub();
    for (const client of this.#clients) client.close();
    await this.server.close();
    await Deno.remove(this.dir, { recursive: true });
  }
}
