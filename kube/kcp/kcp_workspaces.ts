import * as core from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  HUB_MANAGER,
  SYNC_SERVICE_ACCOUNT,
  WORKSPACE_LABEL,
} from "../../api/names.ts";
import { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import { isAlreadyExists } from "../kube_api_error.ts";
import { isReservedNamespace } from "../namespace_workspaces.ts";
import type { PluginKindProvider } from "../plugin_kinds.ts";
import {
  WorkspaceConflict,
  type WorkspaceProvider,
} from "../workspace_provider.ts";
import { admitMembers, ownerReference, showMembers } from "./access.ts";
import { ensureBindings } from "./bindings.ts";
import { initialize, type WorkspaceTypeFacts } from "./initialize.ts";
import type { KcpRestClient } from "./kcp_rest_client.ts";
import { complaints, type KcpCondition, KcpWorkspace } from "./kinds.ts";
import { TENANT_NAMESPACE } from "./namespaces.ts";
import type { WorkspaceIndex } from "./workspace_index.ts";

/** Options of {@linkcode kcpWorkspaces}. */
export interface KcpWorkspacesOptions {
  /** Of the hub's own workspace. */
  client: KubeClient;
  rest: KcpRestClient;
  index: WorkspaceIndex;
  /** A client of what is at a URL of kcp, as the hub. */
  at: (url: string) => KubeClient;
  /** A client of one cluster, as the hub. */
  within: (cluster: string) => KubeClient;
  /** Who the hub is, to kcp. */
  user: string;
  clock?: Clock;
  /** URL of the kcp server, as devices and people reach it. */
  server: string;
  /** The hub's own workspace: `root:faros`. */
  path: string;
  type: WorkspaceTypeFacts;
  /** APIExports that every workspace binds. */
  exports: readonly string[];
  /** Calls `listener` with each workspace whose bindings have changed, until the provider's end. */
  followBindings: (listener: (workspace: string) => void) => void;
  /** Kinds of plugins; calls `listener` with each workspace whose bindings of theirs have changed. */
  kinds: (listener: (workspace: string) => void) => PluginKindProvider;
}

/** Workspaces as workspaces of kcp: Workspace `a` is `root:faros:a`. */
export function kcpWorkspaces(
  options: KcpWorkspacesOptions,
): WorkspaceProvider {
  const { client, rest, index, path, type } = options;
  const asSync = new Map<string, KubeClient>();
  /** Who was let into which cluster by this process. */
  const admitted = new Map<string, string>();
  /** Clusters that have their bindings, as far as this process has heard. */
  const bound = new Set<string>();
  const server = options.server.replace(/\/+$/, "");
  const url = (workspace: string) => `${server}/clusters/${path}:${workspace}`;
  const what = (workspace: string) => `kcp workspace ${path}:${workspace}`;

  /** The workspace's own kcp workspace; undefined where there is none, or it is another's. */
  async function own(workspace: string): Promise<KcpWorkspace | undefined> {
    const found = await client.tryGet<KcpWorkspace>(KcpWorkspace, workspace);
    return found?.metadata.labels?.[WORKSPACE_LABEL] === workspace
      ? found
      : undefined;
  }

  async function create(
    workspace: string,
    owner: KubeObject,
  ): Promise<KcpWorkspace> {
    const wanted: KcpWorkspace = {
      apiVersion: "tenancy.kcp.io/v1alpha1",
      kind: KcpWorkspace.kind,
      metadata: {
        name: workspace,
        labels: { [WORKSPACE_LABEL]: workspace },
        ownerReferences: [ownerReference(owner)],
      },
      spec: { type: { name: type.name, path } },
    };
    try {
      return await client.create(KcpWorkspace, wanted, {
        fieldManager: HUB_MANAGER,
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return await client.get<KcpWorkspace>(KcpWorkspace, workspace);
    }
  }

  /** @throws WorkspaceConflict where `found` cannot be `owner`'s */
  function check(found: KcpWorkspace, owner: KubeObject): void {
    const { name } = owner.metadata;
    if (found.metadata.labels?.[WORKSPACE_LABEL] !== name) {
      throw new WorkspaceConflict(
        `Cannot use ${
          what(name)
        } for Workspace ${name}: it is there already and has no label ${WORKSPACE_LABEL}=${name}; choose another name, or set the label to hand the workspace and all in it to the Workspace`,
      );
    }
    const { type: of } = found.spec;
    if (of?.name !== type.name || of.path !== path) {
      throw new WorkspaceConflict(
        `Cannot use ${
          what(name)
        } for Workspace ${name}: it is of type ${of?.path}:${of?.name}, and Faros's kinds come with ${path}:${type.name}; delete it, or choose another name`,
      );
    }
    if (found.metadata.deletionTimestamp) {
      throw new Error(
        `Cannot use ${
          what(name)
        } for Workspace ${name} yet: an earlier one is still being deleted`,
      );
    }
  }

  const listeners = new Set<(workspace: string) => void>();
  const tell = (workspace: string) => {
    for (const listener of [...listeners]) listener(workspace);
  };
  options.followBindings((workspace) => {
    const cluster = index.clusterOf(workspace);
    if (cluster) bound.delete(cluster);
    tell(workspace);
  });
  const kinds = options.kinds(tell);

  return {
    place: KcpWorkspace,
    kinds,

    onChange(listener) {
      const own = (workspace: string) => listener(workspace);
      listeners.add(own);
      return () => listeners.delete(own);
    },

    open: (workspace) => ({ client, namespace: workspace }),

    openAsSync(workspace) {
      let inside = asSync.get(workspace);
      if (!inside) {
        inside = new KubeClient(rest.within(workspace, {
          user:
            `system:serviceaccount:${TENANT_NAMESPACE}:${SYNC_SERVICE_ACCOUNT}`,
          // Those that the authenticator would give that ServiceAccount.
          groups: [
            "system:serviceaccounts",
            `system:serviceaccounts:${TENANT_NAMESPACE}`,
            "system:authenticated",
          ],
        }));
        asSync.set(workspace, inside);
      }
      return { client: inside, namespace: workspace };
    },

    workspaceOf({ metadata: { namespace } }) {
      return namespace && !isReservedNamespace(namespace)
        ? namespace
        : undefined;
    },

    async ensure(workspace, { owner, members, note = () => {} }) {
      if (isReservedNamespace(workspace)) {
        throw new WorkspaceConflict(
          `Cannot make Workspace ${workspace}: the name is reserved; choose another one`,
        );
      }
      const found =
        await client.tryGet<KcpWorkspace>(KcpWorkspace, workspace) ??
          await create(workspace, owner);
      check(found, owner);
      index.learn(found);
      const { phase, initializers = [], conditions } = found.status ?? {};
      if (phase === "Initializing" && initializers.includes(type.initializer)) {
        await initialize(found, { members, ...options });
      }
      if (phase === "Unavailable" || phase === "Inactive") {
        throw new Error(
          `Cannot use ${what(workspace)} yet: it is ${phase}; ${
            complaints(conditions)
          }`,
        );
      }
      if (phase !== "Ready") return false;
      const { cluster } = found.spec;
      const inside = options.within(cluster!);
      if (!bound.has(cluster!)) {
        // What is heard meanwhile counts.
        bound.add(cluster!);
        try {
          const { exports } = options;
          const how = { path, exports, note };
          const problem = await ensureBindings(inside, how);
          if (problem) {
            const message = `Cannot use ${
              what(workspace)
            } yet: ${problem.message}`;
            throw problem.stays
              ? new WorkspaceConflict(message)
              : new Error(message);
          }
        } catch (error) {
          bound.delete(cluster!);
          throw error;
        }
      }
      const said = JSON.stringify([owner.metadata.uid, members]);
      // Nobody but the hub and kcp's own administrators can change it.
      if (admitted.get(cluster!) === said) return true;
      await admitMembers(inside, members);
      await showMembers(client, owner, members);
      admitted.set(cluster!, said);
      return true;
    },

    async remove(workspace) {
      const found = await own(workspace);
      if (!found) return true;
      if (!found.metadata.deletionTimestamp) {
        await client.delete(KcpWorkspace, workspace, {
          uid: found.metadata.uid,
          ignoreNotFound: true,
        });
      }
      const gone = await own(workspace) === undefined;
      if (gone) {
        asSync.delete(workspace);
        admitted.delete(found.spec.cluster ?? "");
        bound.delete(found.spec.cluster ?? "");
      }
      return gone;
    },

    async holding(workspace) {
      const found = await own(workspace);
      const { cluster } = found?.spec ?? {};
      if (!found || !cluster) return undefined;
      const inside = options.within(cluster);
      // The workspace counts its namespaces; these say what is in them.
      const namespaces = await inside.list<NamespaceObject>(core.Namespace)
        .catch(() => ({ items: [] as NamespaceObject[] }));
      const within = namespaces.items.flatMap(({ status }) =>
        status?.conditions?.filter((c) => c.status === "True" && c.message)
          .map((c) => c.message!) ?? []
      );
      const said = within.length
        ? within.join("; ")
        : complaints(found.status?.conditions);
      return said || undefined;
    },

    url,

    endpoint: (workspace) => ({
      server: url(workspace),
      namespace: TENANT_NAMESPACE,
    }),

    describe: what,
  };
}

interface NamespaceObject extends KubeObject {
  status?: { conditions?: KcpCondition[] };
}
