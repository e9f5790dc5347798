import { Agent } from "../../../api/agent.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Repository } from "../../../api/repository.ts";
import {
  createFleetRepository,
  type FleetRepository,
} from "../../../cli/demo/fleet_repository.ts";
import { waitUntil } from "../../../cli/demo/wait_until.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { isTrue } from "../../../kube/conditions.ts";
import { inWorkspace, monitoringManifest } from "../../e2e/manifests.ts";
import { HUB, KcpEnvironment, TIMEOUT } from "../environment.ts";

/** Name of the Repository. */
const REPOSITORY = "fleet";

/** A fault, and how the hub gets over it. */
export interface Fault {
  /** What a user sees happen. */
  name: string;
  run(environment: FaultsEnvironment): Promise<void>;
}

/** A hub on a real kcp that syncs a fleet. */
export class FaultsEnvironment implements AsyncDisposable {
  readonly kcp: KcpEnvironment;
  readonly #repository: FleetRepository;
  readonly #clients = new Map<string, Promise<KubeClient>>();
  #changes = 0;

  private constructor(kcp: KcpEnvironment, repository: FleetRepository) {
    this.kcp = kcp;
    this.#repository = repository;
  }

  static async start(): Promise<FaultsEnvironment> {
    const kcp = await KcpEnvironment.start({
      people: ["ann", "bob"],
      gitops: true,
      identity: "certificate",
    });
    try {
      const repository = await createFleetRepository(kcp.dir, {
        source: new URL("../../e2e/empty/", import.meta.url),
      });
      const hub = await kcp.admin(HUB);
      await hub.create<KubeObject>(Repository, {
        apiVersion: Repository.apiVersion,
        kind: Repository.kind,
        metadata: { name: REPOSITORY },
        spec: { url: repository.url, interval: "1s" },
      } as KubeObject);
      return new FaultsEnvironment(kcp, repository);
    } catch (error) {
      await kcp[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Waits until something is so. */
  until<T>(
    what: string,
    look: () => T | Promise<T>,
  ): Promise<Exclude<T, undefined | false>> {
    return waitUntil(what, look, {
      timeout: TIMEOUT,
      interval: 200,
      explain: () =>
        this.kcp.logs.filter((line) => !/\bDEBUG\b/.test(line)).slice(-20)
          .join("\n"),
    });
  }

  /** Commits and pushes. @returns the commit */
  async push(files: Record<string, string | null>): Promise<string> {
    const commit = await this.#repository.commit("A change", files);
    await this.#repository.push();
    return commit;
  }

  /** Pushes what makes all devices of these sites run something else. */
  async change(...sites: string[]): Promise<string> {
    const interval = `${10 + ++this.#changes}s`;
    return await this.push(
      Object.fromEntries(sites.map((site) => [
        inWorkspace(site, "monitoring.yaml"),
        monitoringManifest(interval),
      ])),
    );
  }

  /** Waits until all of a commit is applied. */
  async untilApplied(commit: string): Promise<void> {
    const hub = await this.hub();
    await this.until(`${commit} was applied`, async () => {
      const { status } = await hub.get<Repository>(Repository, REPOSITORY);
      return status?.appliedCommit === commit;
    });
  }

  /** The Agents of a site. */
  async agents(site: string): Promise<Agent[]> {
    const { items } = await (await this.in(site)).list<Agent>(Agent, {
      namespace: "default",
    });
    return items;
  }

  /** Waits until these Agents of a site are to run something by an assignment of their own. */
  async untilAssigned(
    site: string,
    names: readonly string[],
    test: (agent: Agent) => boolean = () => true,
  ): Promise<Agent[]> {
    return await this.until(`${names} of ${site} were assigned`, async () => {
      const agents = (await this.agents(site))
        .filter(({ metadata }) => names.includes(metadata.name));
      return agents.length === names.length && agents.every((agent) =>
        agent.status?.assignment?.agentUID === agent.metadata.uid &&
        test(agent)
      ) && agents;
    });
  }

  /** Makes an Agent by hand, and waits until the hub has accepted it. */
  async untilAccepted(site: string, name: string): Promise<void> {
    const client = await this.in(site);
    const namespace = "default";
    const agent: Agent = {
      apiVersion: Agent.apiVersion,
      kind: Agent.kind,
      metadata: { name, namespace },
      spec: {},
    };
    await client.create(Agent, agent);
    await this.until(`${name} of ${site} was accepted`, async () => {
      const { status } = await client.get<Agent>(Agent, name, { namespace });
      return isTrue(status?.conditions, "Ready");
    });
    await client.delete(Agent, name, { namespace });
  }

  /** An administrator of kcp in the hub's workspace. */
  hub(): Promise<KubeClient> {
    return this.as("kcp-admin", HUB);
  }

  /** An administrator of kcp in a site. */
  in(site: string): Promise<KubeClient> {
    return this.as("kcp-admin", `${HUB}:${site}`);
  }

  /** Somebody in a workspace of kcp. */
  as(user: string, path: string): Promise<KubeClient> {
    const key = `${user} ${path}`;
    let client = this.#clients.get(key);
    if (!client) {
      client = this.kcp.as(user, path);
      this.#clients.set(key, client);
    }
    return client;
  }

  /** Starts kcp again after it was killed; its administrator has another token then. */
  async restartKcp(): Promise<void> {
    await this.kcp.server.restart();
    for (const key of this.#clients.keys()) {
      const [user, path] = key.split(" ");
      // Clients look there once they are refused.
      await this.kcp.server.kubeconfig(path!, user);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kcp[Symbol.asyncDispose]();
  }
}
