import { kcpPath } from "../../kube/kcp/path.ts";
import { type Cluster, namespaceOf, openCluster } from "../cluster.ts";
import type { Io } from "../io.ts";
import { findWorkspace } from "./find_workspace.ts";
import { below, openHub } from "./open_hub.ts";

/** A Kubernetes API and where in it a workspace's objects are. */
export interface OpenedWorkspace extends Cluster {
  namespace: string;
}

/**
 * Opens the workspace that flags or the kubeconfig's context name: a namespace of the context's API server, or, where
 * that is kcp, a workspace of kcp.
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
  const { workspace } = options;
  const here = kcpPath(cluster.server);
  // Inside a workspace of kcp its objects are where kubectl finds them, too.
  if (
    here === undefined || workspace === undefined ||
    here.endsWith(`:${workspace}`)
  ) {
    try {
      const namespace = here === undefined
        ? namespaceOf(options, cluster)
        : namespaceOf({ ...options, workspace: undefined }, {
          contextNamespace: cluster.contextNamespace ?? "default",
        });
      return { ...cluster, namespace };
    } catch (error) {
      cluster[Symbol.dispose]();
      throw error;
    }
  }
  cluster[Symbol.dispose]();
  const hub = await openHub(options, { io });
  try {
    const place = await findWorkspace(workspace, { hub });
    const { pathname } = new URL(place.server);
    return { ...below(hub, pathname, io), namespace: place.namespace };
  } catch (error) {
    hub[Symbol.dispose]();
    throw error;
  }
}
