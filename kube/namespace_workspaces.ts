import type { KubeObject } from "../api/meta.ts";
import { Namespace } from "../api/core.ts";
import {
  HUB_MANAGER,
  SYNC_SERVICE_ACCOUNT,
  SYSTEM_NAMESPACE,
  WORKSPACE_LABEL,
} from "../api/names.ts";
import type { KubeClient } from "./client.ts";
import type { CompareSchemas } from "./compare_schemas.ts";
import { isAlreadyExists } from "./kube_api_error.ts";
import { namespaceKinds } from "./namespace_kinds.ts";
import {
  WorkspaceConflict,
  type WorkspaceProvider,
} from "./workspace_provider.ts";

interface NamespaceObject extends KubeObject {
  status?: {
    phase?: string;
    conditions?: { type: string; status: string; message?: string }[];
  };
}

/** Options of {@linkcode namespaceWorkspaces}. */
export interface NamespaceWorkspacesOptions {
  client: KubeClient;
  /** URL of the Kubernetes API as people reach it, for `status.workspaceURL`. */
  server: string;
  /** How stored objects are looked at before a plugin's kind changes. @default not at all */
  compare?: () => Promise<CompareSchemas>;
}

/** Whether a namespace is Kubernetes' or the hub's own, and so no workspace's. */
export function isReservedNamespace(name: string): boolean {
  return name === "default" || name === SYSTEM_NAMESPACE ||
    name.startsWith("kube-");
}

/** Workspaces as namespaces of one cluster: Workspace `a` is namespace `a`. */
export function namespaceWorkspaces(
  options: NamespaceWorkspacesOptions,
): WorkspaceProvider {
  const { client, server } = options;
  const asSync = new Map<string, KubeClient>();

  /** The workspace's own namespace; undefined where there is none, or it is another's. */
  async function own(workspace: string): Promise<NamespaceObject | undefined> {
    const found = await client.tryGet<NamespaceObject>(Namespace, workspace);
    return found?.metadata.labels?.[WORKSPACE_LABEL] === workspace
      ? found
      : undefined;
  }

  return {
    place: Namespace,
    kinds: namespaceKinds(options),
    onChange: () => () => {},

    open: (workspace) => ({ client, namespace: workspace }),

    openAsSync(workspace) {
      let impersonating = asSync.get(workspace);
      if (!impersonating) {
        impersonating = client.withImpersonation({
          user: `system:serviceaccount:${workspace}:${SYNC_SERVICE_ACCOUNT}`,
          // Those that the authenticator would give that ServiceAccount.
          groups: [
            "system:serviceaccounts",
            `system:serviceaccounts:${workspace}`,
            "system:authenticated",
          ],
        });
        asSync.set(workspace, impersonating);
      }
      return { client: impersonating, namespace: workspace };
    },

    workspaceOf(object) {
      const { namespace } = object.metadata;
      return namespace && !isReservedNamespace(namespace)
        ? namespace
        : undefined;
    },

    async ensure(workspace, { owner }) {
      if (isReservedNamespace(workspace)) {
        throw new WorkspaceConflict(
          `Cannot use namespace ${workspace} for Workspace ${workspace}: it is reserved; choose another name`,
        );
      }
      const found = await client.tryGet<NamespaceObject>(Namespace, workspace);
      if (found) {
        check(found, owner);
        return true;
      }
      try {
        await client.create(Namespace, namespaceFor(workspace, owner), {
          fieldManager: HUB_MANAGER,
        });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        check(await client.get<NamespaceObject>(Namespace, workspace), owner);
      }
      return true;
    },

    async remove(workspace) {
      const namespace = await own(workspace);
      if (!namespace) return true;
      if (!namespace.metadata.deletionTimestamp) {
        await client.delete(Namespace, workspace, {
          uid: namespace.metadata.uid,
          ignoreNotFound: true,
        });
      }
      return await own(workspace) === undefined;
    },

    async holding(workspace) {
      const namespace = await own(workspace);
      const remaining = namespace?.status?.conditions
        ?.filter((c) => c.status === "True" && c.message)
        .map((c) => c.message);
      return remaining?.length ? remaining.join("; ") : undefined;
    },

    url: (workspace) =>
      `${server.replace(/\/$/, "")}/api/v1/namespaces/${workspace}`,

    endpoint: (workspace) => ({ server, namespace: workspace }),

    describe: (workspace) => `namespace ${workspace}`,
  };
}

/** @throws WorkspaceConflict where `found` cannot be `owner`'s namespace */
function check(found: NamespaceObject, owner: KubeObject): void {
  const { name } = owner.metadata;
  if (found.metadata.labels?.[WORKSPACE_LABEL] !== name) {
    throw new WorkspaceConflict(
      `Cannot use namespace ${name} for Workspace ${name}: it is there already and has no label ${WORKSPACE_LABEL}=${name}; choose another name, or set the label to hand the namespace and all in it to the Workspace`,
    );
  }
  if (found.metadata.deletionTimestamp) {
    throw new Error(
      `Cannot use namespace ${name} for Workspace ${name} yet: an earlier one is still being deleted`,
    );
  }
}

function namespaceFor(workspace: string, owner: KubeObject): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: workspace,
      labels: { [WORKSPACE_LABEL]: workspace },
      ownerReferences: [{
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.metadata.name,
        uid: owner.metadata.uid!,
      }],
    },
  };
}
