import { Workspace } from "../../api/workspace.ts";
import { KubeClient } from "../../kube/client.ts";
import { belowPath } from "../../kube/kcp/below_path.ts";
import { kcpPath, kcpServer } from "../../kube/kcp/path.ts";
import { KubeApiError } from "../../kube/kube_api_error.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import { type Cluster, openCluster } from "../cluster.ts";
import type { Io } from "../io.ts";

/**
 * Opens the API that has the Workspaces: that of the kubeconfig's context;
 * where that is a workspace of kcp, this one or the one that it is in.
 *
 * @throws where there are none
 */
export async function openHub(
  options: { kubeconfig?: string | undefined; context?: string | undefined },
  { io, signal }: { io?: Pick<Io, "err">; signal?: AbortSignal } = {},
): Promise<Cluster> {
  let opened = await openCluster(options, io);
  try {
    const here = kcpPath(opened.server);
    if (here === undefined) return opened;
    if (await hasWorkspaces(opened.client, signal)) return opened;
    const colon = here.lastIndexOf(":");
    if (colon > 0) {
      opened = below(opened, `/clusters/${here.slice(0, colon)}`, io);
      if (await hasWorkspaces(opened.client, signal)) return opened;
    }
    throw new Error(
      `Cannot find workspaces of Faros from kcp workspace ${here}: neither it nor the one that it is in has any, or you may not look; go to the hub's with 'kubectl ws :root:faros', or give its kubeconfig`,
    );
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

/** The same server and identity at another path of the server. */
export function below(
  cluster: Cluster,
  path: string,
  io?: Pick<Io, "err">,
): Cluster {
  const origin = kcpServer(cluster.server);
  const rest = createRestClient({ ...cluster.config, server: origin }, {
    userAgent: "faros-cli",
    onWarning: (text) => io?.err(`Warning: ${text}`),
  });
  return {
    ...cluster,
    client: new KubeClient(belowPath(rest, path)),
    server: origin + path,
    [Symbol.dispose]() {
      rest.close();
      cluster[Symbol.dispose]();
    },
  };
}

async function hasWorkspaces(
  client: KubeClient,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { apiVersion, kind } = Workspace;
  try {
    return await client.discovery.find(apiVersion, kind, { signal }) !==
      undefined;
  } catch (error) {
    // kcp forbids what it does not let somebody see.
    if (error instanceof KubeApiError && error.code === 403) return false;
    throw error;
  }
}
