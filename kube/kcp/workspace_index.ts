import { WORKSPACE_LABEL } from "../../api/names.ts";
import type { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import { createInformer } from "../informer.ts";
import type { Logger } from "../log.ts";
import { Recognized } from "./recognized.ts";
import { KcpWorkspace } from "./kinds.ts";

/** Options of {@linkcode WorkspaceIndex}. */
export interface WorkspaceIndexOptions {
  /** Of the hub's own workspace, the parent of all others. */
  client: KubeClient;
  log?: Logger;
  clock?: Clock;
  /** Ends it. */
  signal: AbortSignal;
}

/**
 * Which cluster is which workspace.
 *
 * Goes by the kcp Workspaces in the hub's own workspace alone, which no tenant can write; nothing that an object says
 * of itself counts. A cluster stays known once its workspace is gone, since word of its last objects may come late;
 * kcp gives no name to two clusters. Where a workspace was deleted and made again there are two clusters of one
 * workspace, of which {@linkcode WorkspaceIndex.clusterOf} knows the one that is there.
 */
export class WorkspaceIndex {
  /** Resolves when all workspaces that there are are known. */
  readonly synced: Promise<void>;
  /** Clusters that were asked for in vain before they turned out to be workspaces. */
  readonly recognized: Recognized = new Recognized();
  readonly #clusters = new Map<string, string>();
  readonly #workspaces = new Map<string, string>();
  /** Clusters asked for that were of no workspace. */
  readonly #strange = new Set<string>();

  constructor(options: WorkspaceIndexOptions) {
    const { client, ...rest } = options;
    const informer = createInformer<KcpWorkspace>(client, KcpWorkspace, {
      labelSelector: WORKSPACE_LABEL,
      ...rest,
    });
    informer.on(({ type, object }) => {
      if (type === "deleted") this.#forget(object);
      // Word of one that is gone may come after its successor was read.
      else if (!this.isSuperseded(object.spec.cluster ?? "")) {
        this.learn(object);
      }
    });
    this.synced = informer.synced;
  }

  /** Takes note of a workspace that was read just now, before the server's own word of it comes. */
  learn({ metadata, spec }: KcpWorkspace): void {
    const { name, labels } = metadata;
    const { cluster } = spec;
    if (!cluster || labels?.[WORKSPACE_LABEL] !== name) return;
    this.#clusters.set(name, cluster);
    this.#workspaces.set(cluster, name);
    // What was taken for somebody else's has to be looked at again.
    if (this.#strange.delete(cluster)) this.recognized.add(cluster);
  }

  #forget({ metadata: { name }, spec: { cluster } }: KcpWorkspace): void {
    if (this.#clusters.get(name) === cluster) this.#clusters.delete(name);
  }

  /** Cluster of a workspace that is there. */
  clusterOf(workspace: string): string | undefined {
    return this.#clusters.get(workspace);
  }

  /** Whether another cluster has become the workspace that this one was. */
  isSuperseded(cluster: string): boolean {
    const workspace = this.#workspaces.get(cluster);
    const current = workspace && this.#clusters.get(workspace);
    return current !== undefined && current !== cluster;
  }

  /** The workspace that a cluster is, or was; undefined where it is none of Faros's. */
  workspaceOf(cluster: string): string | undefined {
    const workspace = this.#workspaces.get(cluster);
    if (workspace === undefined) this.#strange.add(cluster);
    return workspace;
  }
}
