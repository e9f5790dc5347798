import * as core from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  HUB_MANAGER,
  SYNC_SERVICE_ACCOUNT,
  WORKSPACE_LABEL,
} from "../../api/names.ts";
import { KubeClient } from "../client.ts";
import { isAlreadyExists, KubeApiError } from "../kube_api_error.ts";
import { isReservedNamespace } from "../namespace_workspaces.ts";
import {
  WorkspaceConflict,
  type WorkspaceMember,
  type WorkspaceProvider,
} from "../workspace_provider.ts";
import { ensureBindings } from "./bindings.ts";
import type { KcpRestClient } from "./kcp_rest_client.ts";
import {
  complaints,
  type KcpCondition,
  KcpWorkspace,
  LogicalCluster,
} from "./kinds.ts";
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
  /** URL of the kcp server, as devices and people reach it. */
  server: string;
  /** The hub's own workspace: `root:faros`. */
  path: string;
  type: WorkspaceTypeFacts;
  /** APIExports that every workspace binds. */
  exports: readonly string[];
  /** Calls `listener` with each workspace whose bindings have changed, until the provider's end. */
  followBindings: (listener: (workspace: string) => void) => void;
}

/** What {@linkcode kcpWorkspaces} has to know of the WorkspaceType. */
export interface WorkspaceTypeFacts {
  name: string;
  /** The name that logical clusters know the hub's initializer by. */
  initializer: string;
  /** URLs of the virtual workspaces in which initializing workspaces are open to the hub. */
  initializing: string[];
}

/** ClusterRole of kcp that lets somebody into a workspace. */
const ACCESS_ROLE = "system:kcp:workspace:access";
/** Objects of the hub inside a workspace, and in its own for one. */
const ACCESS = "faros:access";
/** How long kcp may take to let an initializer in, in milliseconds. */
const PATIENCE = 30_000;

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
        ownerReferences: [reference(owner)],
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
    if (found.spec.type?.name !== type.name) {
      throw new WorkspaceConflict(
        `Cannot use ${
          what(name)
        } for Workspace ${name}: it is of type ${found.spec.type?.path}:${found.spec.type?.name}, and Faros's kinds come with ${path}:${type.name}; delete it, or choose another name`,
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

  /** Gives members and the hub what they need inside, by the rights that the initializer has, and lets go of it. */
  async function initialize(
    { metadata, spec: { cluster } }: KcpWorkspace,
    members: WorkspaceMember[],
  ): Promise<void> {
    for (const base of type.initializing) {
      const inside = options.at(`${base}/clusters/${cluster}`);
      let logical: LogicalCluster;
      try {
        logical = await inside.get<LogicalCluster>(LogicalCluster, "cluster");
      } catch (error) {
        // On another shard, or no longer initializing.
        const elsewhere = error instanceof KubeApiError &&
          (error.code === 403 || error.code === 404);
        if (elsewhere) continue;
        throw error;
      }
      // Virtual workspaces serve no tokens of ServiceAccounts: those the hub makes by its own rights in there.
      await applyAccess(inside, {
        name: "faros:hub",
        role: "cluster-admin",
        subjects: [{
          kind: "User",
          apiGroup: core.ClusterRole.group,
          name: options.user,
        }],
      });
      await applyAccess(inside, { name: ACCESS, subjects: members });
      const initializers = logical.status?.initializers ?? [];
      const at = initializers.indexOf(type.initializer);
      if (at < 0) return;
      // Others take theirs out at the same time.
      await inside.patch(LogicalCluster, "cluster", [
        {
          op: "test",
          path: `/status/initializers/${at}`,
          value: type.initializer,
        },
        { op: "remove", path: `/status/initializers/${at}` },
      ], { type: "json", subresource: "status", fieldManager: HUB_MANAGER });
      return;
    }
    // They hear of a new one a moment later than the hub.
    const age = Date.now() - Date.parse(metadata.creationTimestamp!);
    if (age < PATIENCE) return;
    throw new Error(
      `Cannot initialize ${
        what(metadata.name)
      }: no virtual workspace for initializing shows it (${
        type.initializing.join(", ") || "kcp names none"
      })`,
    );
  }

  /** Members find the way: in the hub's own workspace they see which kcp workspace theirs is, and no other. */
  async function showMembers(
    owner: KubeObject,
    members: WorkspaceMember[],
  ): Promise<void> {
    const { name } = owner.metadata;
    const role = `${ACCESS}:${name}`;
    const ownerReferences = [reference(owner)];
    await apply(client, core.ClusterRole, {
      metadata: { name: role, ownerReferences },
      rules: [
        { nonResourceURLs: ["/"], verbs: ["access"] },
        {
          apiGroups: [KcpWorkspace.group],
          resources: [KcpWorkspace.plural],
          resourceNames: [name],
          verbs: ["get"],
        },
      ],
    });
    await applyAccess(client, {
      name: role,
      role,
      subjects: members,
      ownerReferences,
    });
  }

  const listeners = new Set<(workspace: string) => void>();
  options.followBindings((workspace) => {
    const cluster = index.clusterOf(workspace);
    if (cluster) bound.delete(cluster);
    for (const listener of [...listeners]) listener(workspace);
  });

  return {
    place: KcpWorkspace,

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
        await initialize(found, members);
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
      await applyAccess(inside, { name: ACCESS, subjects: members });
      await showMembers(owner, members);
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

/** Lets `subjects` into a workspace, and nobody else by this name. */
async function applyAccess(
  client: KubeClient,
  of: {
    name: string;
    role?: string;
    subjects: WorkspaceMember[];
    ownerReferences?: ReturnType<typeof reference>[];
  },
): Promise<void> {
  const { name, role = ACCESS_ROLE, subjects, ownerReferences } = of;
  await apply(client, core.ClusterRoleBinding, {
    metadata: { name, ...(ownerReferences ? { ownerReferences } : {}) },
    roleRef: {
      apiGroup: core.ClusterRole.group,
      kind: core.ClusterRole.kind,
      name: role,
    },
    subjects,
  });
}

async function apply(
  client: KubeClient,
  resource: typeof core.ClusterRole,
  object: Pick<KubeObject, "metadata"> & Record<string, unknown>,
): Promise<void> {
  await client.apply(resource, {
    apiVersion: `${resource.group}/${resource.version}`,
    kind: resource.kind,
    ...object,
  }, { fieldManager: HUB_MANAGER, force: true });
}

function reference({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid! };
}
