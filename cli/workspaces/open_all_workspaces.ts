import { KubeClient } from "../../kube/client.ts";
import { connectKcp } from "../../kube/kcp/connect_kcp.ts";
import { APIExportEndpointSlice } from "../../kube/kcp/kinds.ts";
import { kcpPath } from "../../kube/kcp/path.ts";
import { viewWorkspaces } from "../../kube/kcp/view_workspaces.ts";
import { KubeApiError } from "../../kube/kube_api_error.ts";
import { LinkedSignal } from "../../kube/linked_signal.ts";
import { type Cluster, openCluster } from "../cluster.ts";
import type { Io } from "../io.ts";
import { openHub } from "./open_hub.ts";

/**
 * Opens an API that has the objects of all workspaces, each in the namespace of its name. On kcp that is for those who
 * may see the hub's APIExports' content.
 *
 * @throws where the hub's workspace is out of reach, or may not be looked into
 */
export async function openAllWorkspaces(
  options: { kubeconfig?: string | undefined; context?: string | undefined },
  { io, signal }: { io?: Pick<Io, "err">; signal?: AbortSignal } = {},
): Promise<Cluster> {
  const cluster = await openCluster(options, io);
  if (kcpPath(cluster.server) === undefined) return cluster;
  cluster[Symbol.dispose]();
  const hub = await openHub(options, { io, signal });
  try {
    // What follows them tries again for ever where it is refused.
    await hub.client.listAll(APIExportEndpointSlice, { signal });
  } catch (error) {
    hub[Symbol.dispose]();
    if (!(error instanceof KubeApiError && error.code === 403)) throw error;
    throw new Error(
      "Cannot look into all workspaces: that takes rights in the hub's kcp workspace; name one with -w",
      { cause: error },
    );
  }
  const stop = new LinkedSignal(signal);
  const connection = connectKcp(hub.config);
  const { rest } = viewWorkspaces({
    connection,
    path: kcpPath(hub.server)!,
    signal: stop.signal,
  });
  return {
    ...hub,
    client: new KubeClient(rest),
    [Symbol.dispose]() {
      stop.abort();
      stop[Symbol.dispose]();
      connection[Symbol.dispose]();
      hub[Symbol.dispose]();
    },
  };
}
