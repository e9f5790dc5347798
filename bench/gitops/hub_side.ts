import type { KubeObject } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import {
  createFleetRepository,
  type FleetRepository,
} from "../../cli/demo/fleet_repository.ts";
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

  /** Milliseconds from the end of the push of these files until all is applied, and what the hub counted. */
  async push(
    files: Record<string, string>,
  ): Promise<{ ms: number; written: number }> {
    const commit = await this.#repository.commit("A change", files);
    const { metadata: { resourceVersion } } = await this.#client
      .get<Repository>(Repository, "bench");
    await this.#repository.push();
    const start = performance.now();
    const { objects } = await this.#applied(commit, resourceVersion);
    const { created = 0, updated = 0, deleted = 0 } = objects ?? {};
    return {
      ms: performance.now() - start,
      written: created + updated + deleted,
    };
  }

  /** The status with which a commit is applied, told by a watch: to ask again and again is load. */
  async #applied(commit: string, resourceVersion: string | undefined) {
    const timeout = TIMEOUT / 1000;
    const watch = this.#client.watch<Repository>(Repository, {
      fieldSelector: "metadata.name=bench",
      resourceVersion,
      timeoutSeconds: timeout,
      idleTimeout: TIMEOUT,
    });
    for await (const { type, object: { status } } of watch) {
      if (type === "BOOKMARK") continue;
      if (status?.appliedCommit === commit) return status;
    }
    throw new Error(
      `Commit ${commit} is not applied after ${timeout} s:\n${this.#running.hub.tail()}`,
    );
  }
}
