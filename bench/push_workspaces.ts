import type { KubeObject } from "../api/meta.ts";
import { Repository } from "../api/repository.ts";
import {
  createFleetRepository,
  type FleetRepository,
} from "../cli/demo/fleet_repository.ts";
import { waitUntil } from "../cli/demo/wait_until.ts";
import type { KubeClient } from "../kube/client.ts";
import { agentManifest, inWorkspace } from "../tests/e2e/manifests.ts";

/** Name of the Repository. */
const REPOSITORY = "bench";

/** Makes workspaces with Agents by commits to one repository. */
export class PushedWorkspaces {
  readonly #repository: FleetRepository;
  readonly #client: KubeClient;

  private constructor(repository: FleetRepository, client: KubeClient) {
    this.#repository = repository;
    this.#client = client;
  }

  /** Makes a repository below `dir`, and lets the hub sync it. */
  static async start(
    dir: string,
    client: KubeClient,
  ): Promise<PushedWorkspaces> {
    const repository = await createFleetRepository(dir, {
      source: new URL("../tests/e2e/empty/", import.meta.url),
    });
    const object: KubeObject & { spec: unknown } = {
      apiVersion: Repository.apiVersion,
      kind: Repository.kind,
      metadata: { name: REPOSITORY },
      spec: { url: repository.url, interval: "250ms" },
    };
    await client.create(Repository, object);
    return new PushedWorkspaces(repository, client);
  }

  /** Pushes workspaces of that many Agents, and waits until all of it is applied. */
  async add(
    names: readonly string[],
    options: { agents: number; timeout: number },
  ): Promise<void> {
    const { agents, timeout } = options;
    const files = Object.fromEntries(names.flatMap((name) => [
      [inWorkspace(name, "workspace.yaml"), workspace(name)],
      [
        inWorkspace(name, "agents.yaml"),
        Array.from({ length: agents }, (_, i) => agent(i)).join("---"),
      ],
    ]));
    const commit = await this.#repository.commit("More workspaces", files);
    await this.#repository.push();
    let found: Repository | undefined;
    await waitUntil(`commit ${commit} was applied`, async () => {
      found = await this.#client.get<Repository>(Repository, REPOSITORY);
      return found.status?.appliedCommit === commit;
    }, {
      timeout,
      interval: 100,
      explain: () => JSON.stringify(found?.status?.lastError),
    });
  }
}

function workspace(name: string): string {
  return `apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
`;
}

/** As it is without plugins: what runs on it is not what is measured. */
function agent(i: number): string {
  return agentManifest(`agent-${i}`).replace(/spec:[^]*$/, "spec: {}\n");
}
