import type { KubeObject } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import {
  createFleetRepository,
  type FleetRepository,
} from "../../cli/demo/fleet_repository.ts";
import { waitUntil } from "../../cli/demo/wait_until.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { RunningEngine } from "../../tests/engines/engine.ts";

/** Longest wait for a commit, in milliseconds. */
const TIMEOUT = 10 * 60_000;
/** How often the hub looks for commits by itself: of a repository on its own disk it hears of them. */
const INTERVAL = "10s";

/** A hub that follows a repository. */
export class HubSide {
  readonly #running: RunningEngine;
  readonly #client: KubeClient;
  readonly #repository: FleetRepository;

  private constructor(
    running: RunningEngine,
    client: KubeClient,
    repository: FleetRepository,
  ) {
    this.#running = running;
    this.#client = client;
    this.#repository = repository;
  }

  /** Makes the repository below `dir`. */
  static async start(
    dir: string,
    { running, client }: { running: RunningEngine; client: KubeClient },
  ): Promise<HubSide> {
    const repository = await createFleetRepository(dir, {
      source: new URL("../../tests/e2e/empty/", import.meta.url),
    });
    const object: KubeObject & { spec: unknown } = {
      apiVersion: Repository.apiVersion,
      kind: Repository.kind,
      metadata: { name: "bench" },
      spec: { url: repository.url, interval: INTERVAL },
    };
    await client.create(Repository, object);
    return new HubSide(running, client, repository);
  }

  /** Milliseconds from the push of these files until all is applied, and what the hub counted. */
  async push(
    files: Record<string, string>,
  ): Promise<{ ms: number; written: number }> {
    const commit = await this.#repository.commit("A change", files);
    const start = performance.now();
    await this.#repository.push();
    const { status } = await waitUntil(
      `commit ${commit} was applied`,
      async () => {
        const found = await this.#client.get<Repository>(Repository, "bench");
        return found.status?.appliedCommit === commit && found;
      },
      {
        timeout: TIMEOUT,
        interval: 20,
        explain: () => this.#running.hub.tail(),
      },
    );
    const { created = 0, updated = 0, deleted = 0 } = status?.objects ?? {};
    return {
      ms: performance.now() - start,
      written: created + updated + deleted,
    };
  }
}
