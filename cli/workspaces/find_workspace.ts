import { Workspace } from "../../api/workspace.ts";
import { nearest } from "../../gitops/manifest/nearest.ts";
import { kcpPath } from "../../kube/kcp/path.ts";
import { KubeApiError } from "../../kube/kube_api_error.ts";
import {
  type WorkspacePlace,
  workspacePlace,
} from "../../kube/workspace_place.ts";
import type { Cluster } from "../cluster.ts";

/**
 * Where a Workspace's objects are.
 *
 * @param hub What `openHub` opened.
 * @throws where there is none of that name, or it is not made yet
 */
export async function findWorkspace(
  name: string,
  { hub, signal }: {
    hub: Pick<Cluster, "client" | "server">;
    signal?: AbortSignal;
  },
): Promise<WorkspacePlace> {
  let workspace: Workspace;
  try {
    workspace = await hub.client.get<Workspace>(Workspace, name, { signal });
  } catch (error) {
    const code = error instanceof KubeApiError ? error.code : undefined;
    if (code === 404) {
      throw new Error(
        `Cannot use workspace ${name}: there is none of that name; ${await others(
          name,
          { hub, signal },
        )}`,
      );
    }
    // Who may not look at Workspaces may still have rights in a namespace.
    if (code === 403 && kcpPath(hub.server) === undefined) {
      return { server: hub.server, namespace: name };
    }
    throw error;
  }
  const { workspaceURL } = workspace.status ?? {};
  if (workspaceURL) return workspacePlace(workspaceURL);
  throw new Error(
    `Cannot use workspace ${name} yet: it is not made; its conditions say why: kubectl faros workspace get ${name} -o yaml`,
  );
}

async function others(
  name: string,
  { hub, signal }: { hub: Pick<Cluster, "client">; signal?: AbortSignal },
): Promise<string> {
  const names = await hub.client.listAll(Workspace, { signal }).then(
    (list) => list.items.map((w) => w.metadata.name),
    () => [], // not everybody may list them
  );
  const meant = nearest(name, names);
  if (meant) return `did you mean ${meant}?`;
  if (names.length === 0) {
    return `make it with 'faros workspace create ${name}'`;
  }
  const more = names.length > 10 ? " and others" : "";
  return `there are ${names.slice(0, 10).join(", ")}${more}`;
}
