import { Repository } from "../api/repository.ts";
import type { KubeObject } from "../api/meta.ts";
import { openCluster } from "../cli/cluster.ts";
import { createFleetRepository } from "../cli/demo/fleet_repository.ts";
import { waitUntil } from "../cli/demo/wait_until.ts";
import type { Engine } from "../tests/engines/engine.ts";

/** Manifests of the sync. */
const MANIFESTS = 1000;
/** Longest wait for a sync, in milliseconds. */
const TIMEOUT = 120_000;

/** Milliseconds from the push until all is applied, the poll interval (250 ms) included. */
export interface SyncResult {
  manifests: number;
  firstMs: number;
  oneChangedMs: number;
  allChangedMs: number;
}

/** Measures how long a hub takes to apply commits of many manifests. */
export async function measureSync(
  engine: Engine,
  dir: string,
): Promise<SyncResult> {
  const running = await engine.start({ dir });
  try {
    using cluster = await openCluster({ kubeconfig: running.kubeconfig });
    const { client } = cluster;
    const repository = await createFleetRepository(dir, {
      source: new URL("../tests/e2e/empty/", import.meta.url),
    });
    const object: KubeObject & { spec: unknown } = {
      apiVersion: Repository.apiVersion,
      kind: Repository.kind,
      metadata: { name: "bench" },
      spec: { url: repository.url, interval: "250ms" },
    };
    await client.create(Repository, object);
    const time = async (files: Record<string, string>) => {
      const commit = await repository.commit("A change", files);
      const start = performance.now();
      await repository.push();
      await waitUntil(`commit ${commit} was applied`, async () => {
        const found = await client.get<Repository>(Repository, "bench");
        return found.status?.appliedCommit === commit;
      }, {
        timeout: TIMEOUT,
        interval: 20,
        explain: () => running.hub.tail(),
      });
      return performance.now() - start;
    };
    // The workspace is there before: it is made once in the life of a site.
    await time({ "workspaces/bench/workspace.yaml": WORKSPACE });
    const firstMs = await time(manifests("first"));
    const one = { "workspaces/bench/config-7.yaml": manifest(7, "second") };
    const oneChangedMs = await time(one);
    const allChangedMs = await time(manifests("third"));
    return { manifests: MANIFESTS, firstMs, oneChangedMs, allChangedMs };
  } finally {
    await running.close();
  }
}

const WORKSPACE = `apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: bench
`;

function manifests(value: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: MANIFESTS }, (_, i) => [
      `workspaces/bench/config-${i}.yaml`,
      manifest(i, value),
    ]),
  );
}

function manifest(i: number, value: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: config-${i}
data:
  value: ${value}
  text: ${"x".repeat(200)}
`;
}
