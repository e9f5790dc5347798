import { KubeClient } from "../kube/client.ts";
import { isNotFound } from "../kube/kube_api_error.ts";
import { belowPath } from "../kube/kcp/below_path.ts";
import { kcpPath, kcpServer } from "../kube/kcp/path.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { workspacePlace } from "../kube/workspace_place.ts";
import { Workspace } from "../api/workspace.ts";
import { type Cluster, namespaceOf, openCluster } from "./cluster.ts";
import type { Io } from "./io.ts";

/** A Kubernetes API and where in it a workspace's objects are. */
export interface OpenedWorkspace extends Cluster {
  namespace: string;
}

/**
 * Opens the workspace that flags or the kubeconfig's context name: a namespace of the context's API server, or, where
 * that is kcp, a workspace of kcp below the one that the context is in.
 */
export async function openWorkspace(
  options: {
    kubeconfig?: string | undefined;
    context?: string | undefined;
    workspace?: string | undefined;
    namespace?: string | undefined;
  },
  io?: Pick<Io, "err">,
): Promise<OpenedWorkspace> {
  const cluster = await openCluster(options, io);
  try {
    const namespace = namespaceOf(options, cluster);
    const here = kcpPath(cluster.server);
    const { workspace } = options;
    // Inside a workspace of kcp its objects are where kubectl finds them, too.
    const elsewhere = here !== undefined && workspace !== undefined;
    if (!elsewhere) return { ...cluster, namespace };
    const place = await find(workspace, { cluster, here });
    const origin = kcpServer(cluster.server);
    const { pathname } = new URL(place.server);
    const rest = createRestClient({ ...cluster.config, server: origin }, {
      userAgent: "faros-cli",
      onWarning: (text) => io?.err(`Warning: ${text}`),
    });
    return {
      ...cluster,
      client: new KubeClient(belowPath(rest, pathname)),
      server: origin + pathname,
      namespace: place.namespace,
      [Symbol.dispose]() {
        rest.close();
        cluster[Symbol.dispose]();
      },
    };
  } catch (error) {
    cluster[Symbol.dispose]();
    throw error;
  }
}

async function find(
  name: string,
  { cluster, here }: { cluster: Cluster; here: string },
): Promise<{ server: string; namespace: string }> {
  const own = here.endsWith(`:${name}`);
  try {
    const { status } = await cluster.client.get<Workspace>(Workspace, name);
    if (status?.workspaceURL) return workspacePlace(status.workspaceURL);
    throw new Error(
      `Cannot use workspace ${name} yet: it is not made; see its conditions: kubectl faros workspace get ${name} -o yaml`,
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (own) return { server: cluster.server, namespace: "default" };
    throw new Error(
      `Cannot use workspace ${name}: there is none in kcp workspace ${here}; go to the hub's own with 'kubectl ws', or give its kubeconfig`,
      { cause: error },
    );
  }
}
