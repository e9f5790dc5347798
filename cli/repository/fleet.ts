import type { KubeClient } from "../../kube/client.ts";
import { kcpPath } from "../../kube/kcp/path.ts";
import type { Cluster } from "../cluster.ts";
import type { Io } from "../io.ts";
import { openAllWorkspaces } from "../workspaces/open_all_workspaces.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** Where the objects of a fleet are. */
export interface Fleet extends Disposable {
  /** The hub's own: Repositories, Workspaces, what stands in `root/`. */
  hub: KubeClient;
  /** Those of all workspaces, each in the namespace of its name. */
  all: KubeClient;
}

/** Opens the API that flags and environment name, for a look at all workspaces. */
export async function openFleet(
  options: { kubeconfig?: string | undefined; context?: string | undefined },
  { io, signal }: { io?: Pick<Io, "err">; signal?: AbortSignal } = {},
): Promise<Fleet> {
  const hub = await openHub(options, { io, signal });
  let all: Cluster | undefined;
  try {
    if (kcpPath(hub.server) !== undefined) {
      all = await openAllWorkspaces(options, { io, signal });
    }
  } catch (error) {
    hub[Symbol.dispose]();
    throw error;
  }
  return {
    hub: hub.client,
    all: all?.client ?? hub.client,
    [Symbol.dispose]() {
      all?.[Symbol.dispose]();
      hub[Symbol.dispose]();
    },
  };
}
