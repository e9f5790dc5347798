import { Agent } from "../../api/agent.ts";
import { Workspace } from "../../api/workspace.ts";
import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import { KubeClient } from "../../kube/client.ts";
import { isTrue } from "../../kube/conditions.ts";
import { belowPath } from "../../kube/kcp/below_path.ts";
import { kcpPath, kcpServer } from "../../kube/kcp/path.ts";
import { KubeApiError } from "../../kube/kube_api_error.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import { workspacePlace } from "../../kube/workspace_place.ts";
import type { Cluster } from "../cluster.ts";

/** A hub and its workspaces. */
export interface WorkspaceTree {
  /** Workspace of kcp, or host of the server, that has them. */
  name: string;
  workspaces: WorkspaceNode[];
}

/** A workspace in a {@linkcode WorkspaceTree}. */
export interface WorkspaceNode {
  name: string;
  phase: string;
  workspaceURL?: string;
  /** Absent where they may not be counted, or there is no place for them yet. */
  agents?: { total: number; online: number };
}

/** Servers asked at a time. */
const AT_ONCE = 8;

/** Gathers the workspaces of a hub, sorted by name, and counts their agents. */
export async function workspaceTree(
  hub: Cluster,
  { signal }: { signal?: AbortSignal } = {},
): Promise<WorkspaceTree> {
  const { items } = await hub.client.listAll<Workspace>(Workspace, { signal });
  const workspaces = items.map(({ metadata, status }): WorkspaceNode => ({
    name: metadata.name,
    phase: status?.phase ?? "Pending",
    ...(status?.workspaceURL ? { workspaceURL: status.workspaceURL } : {}),
  })).sort((a, b) => a.name < b.name ? -1 : 1);
  const here = new URL(hub.server).pathname.replace(/\/+$/, "");
  // One list for each server that has some: on Kubernetes, that is all of them.
  const byPath = Map.groupBy(
    workspaces.filter((node) => node.workspaceURL !== undefined),
    ({ workspaceURL }) =>
      new URL(workspacePlace(workspaceURL!).server).pathname,
  );
  using elsewhere = createRestClient({
    ...hub.config,
    server: kcpServer(hub.server),
  }, { userAgent: "faros-cli" });
  await forEachLimited([...byPath], AT_ONCE, async ([path, nodes]) => {
    const client = path.replace(/\/+$/, "") === here
      ? hub.client
      : new KubeClient(belowPath(elsewhere, path));
    const all = await agentsOf(client, signal);
    if (!all) return;
    const byNamespace = Map.groupBy(all, ({ metadata }) => metadata.namespace);
    for (const node of nodes) {
      const { namespace } = workspacePlace(node.workspaceURL!);
      const own = byNamespace.get(namespace) ?? [];
      node.agents = {
        total: own.length,
        online: own.filter((agent) =>
          isTrue(agent.status?.conditions, "Online")
        ).length,
      };
    }
  });
  return {
    name: kcpPath(hub.server) ?? new URL(hub.server).host,
    workspaces,
  };
}

/** Undefined where they may not be seen, or a workspace has just gone. */
async function agentsOf(
  client: KubeClient,
  signal: AbortSignal | undefined,
): Promise<Agent[] | undefined> {
  try {
    return (await client.listAll<Agent>(Agent, { signal })).items;
  } catch (error) {
    const { code } = error instanceof KubeApiError ? error : { code: 0 };
    if (code === 403 || code === 404) return undefined;
    throw error;
  }
}
