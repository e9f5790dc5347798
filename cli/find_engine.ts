import { belowPath } from "../kube/kcp/below_path.ts";
import { kcpServer } from "../kube/kcp/path.ts";
import { Discovery } from "../kube/discovery.ts";
import { KubeApiError } from "../kube/kube_api_error.ts";
import { createRestClient } from "../kube/rest_client.ts";
import type { Cluster } from "./cluster.ts";

/** Finds out what an API server is: kcp has a workspace `root` with kinds of its own, to which everybody gets. */
export async function findEngine(
  { config }: Pick<Cluster, "config">,
  signal?: AbortSignal,
): Promise<"kcp" | "kubernetes"> {
  using rest = createRestClient({
    ...config,
    server: kcpServer(config.server),
  });
  const root = new Discovery(belowPath(rest, "/clusters/root"));
  try {
    return await root.find("core.kcp.io/v1alpha1", "LogicalCluster", { signal })
      ? "kcp"
      : "kubernetes";
  } catch (error) {
    // Kubernetes forbids paths that it does not know to all but administrators.
    if (error instanceof KubeApiError && error.code === 403) {
      return "kubernetes";
    }
    throw error;
  }
}
