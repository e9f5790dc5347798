import { kcpPath, kcpServer } from "../../kube/kcp/path.ts";
import type { KubeconfigEntry, KubeconfigFiles } from "./kubeconfig_files.ts";
import { withoutNote } from "./namespace_switch.ts";
import type { WorkspaceSwitch } from "./workspace_switch.ts";

/**
 * Names of the contexts and clusters that kcp's `kubectl ws` keeps (kcp
 * `cli/pkg/workspace/plugin`): the one goes on where the other has been.
 */
const CURRENT = "workspace.kcp.io/current";
const PREVIOUS = "workspace.kcp.io/previous";

/** Goes to other workspaces of kcp by the URL of the server, as kcp's own `kubectl ws` does. */
export function serverSwitch(files: KubeconfigFiles): WorkspaceSwitch {
  const context = files.get("contexts", files.contextName);
  const clusterOf = (entry: KubeconfigEntry) =>
    files.get("clusters", String(entry.value.get("cluster")));
  const cluster = clusterOf(context);
  const server = String(cluster.value.get("server"));
  const pathOf = (entry: KubeconfigEntry) =>
    kcpPath(String(entry.value.get("server"))) ?? "";
  // Read before the first of them is written over.
  const now = fields(context);
  const nowCluster = fields(cluster);

  /** What is current now is where `-` leads to. */
  const keep = () => {
    const moves = now.cluster === CURRENT;
    if (moves) put("clusters", PREVIOUS, { value: nowCluster, from: cluster });
    put("contexts", PREVIOUS, {
      value: moves ? { ...now, cluster: PREVIOUS } : now,
      from: context,
    });
  };
  const put = files.put.bind(files);

  return {
    current: pathOf(cluster),

    goTo(place) {
      const path = new URL(place.server).pathname;
      keep();
      put("clusters", CURRENT, {
        value: { ...nowCluster, server: kcpServer(server) + path },
        from: cluster,
      });
      put("contexts", CURRENT, {
        value: {
          ...withoutNote(now),
          cluster: CURRENT,
          namespace: place.namespace,
        },
        from: context,
      });
      files.setCurrent(CURRENT);
      return { workspace: kcpPath(path) ?? path, context: CURRENT };
    },

    goBack() {
      const before = files.find("contexts", PREVIOUS);
      if (!before) {
        throw new Error(
          `Cannot go back: ${files.paths} knows of no workspace before ${
            pathOf(cluster)
          }`,
        );
      }
      const back = fields(before);
      const backCluster = clusterOf(before);
      const wasThere = fields(backCluster);
      const workspace = pathOf(backCluster);
      keep();
      if (back.cluster === PREVIOUS) {
        put("clusters", CURRENT, { value: wasThere, from: backCluster });
        back.cluster = CURRENT;
      }
      put("contexts", CURRENT, { value: back, from: before });
      files.setCurrent(CURRENT);
      return { workspace, context: CURRENT };
    },
  };
}

function fields({ value }: KubeconfigEntry): Record<string, unknown> {
  return value.toJSON() as Record<string, unknown>;
}
