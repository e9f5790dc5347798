import { apiResourceSchema } from "../../api/generate/api_resource_schema.ts";
import * as core from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import type { KubeClient } from "../client.ts";
import { type Clock, systemClock } from "../clock.ts";
import { isAlreadyExists, KubeApiError } from "../kube_api_error.ts";
import type { Resource } from "../resource.ts";
import { claimedKinds, CLAIMING_EXPORT, exportedKinds } from "./exports.ts";
import type { WorkspaceTypeFacts } from "./kcp_workspaces.ts";
import {
  APIExport,
  APIResourceSchema,
  CLUSTER_ANNOTATION,
  complaints,
  type KcpCondition,
  KcpWorkspace,
  WorkspaceType,
} from "./kinds.ts";

/** Options of {@linkcode bootstrap}. */
export interface BootstrapOptions {
  /** A client of the workspace at a path: `root:faros`. */
  at: (path: string) => KubeClient;
  /** The hub's own workspace: `root:faros`. */
  path: string;
  /** How long kcp may take for one thing, in milliseconds. @default {60000} */
  timeout?: number;
  clock?: Clock;
  signal?: AbortSignal;
}

/** Name of the WorkspaceType. */
const TYPE = "faros";

/**
 * Makes kcp ready for Faros: the hub's own workspace, and in it the APIExports of the kinds that tenants see and the
 * WorkspaceType that brings them. Changes nothing where that is so already; a kind that has changed gets a new schema,
 * and the APIExport moves to it.
 *
 * @throws where kcp refuses it, or takes too long
 */
export async function bootstrap(
  options: BootstrapOptions,
): Promise<WorkspaceTypeFacts> {
  const { at, path, signal } = options;
  await ensureWorkspace(options);
  const client = at(path);
  const write = { fieldManager: HUB_MANAGER, force: true, signal };
  for (const [group, kinds] of exportedKinds) {
    const schemas = await Promise.all(kinds.map(apiResourceSchema));
    await Promise.all(schemas.map(async (schema) => {
      try {
        // Nobody can change one, and its name says what is in it.
        await client.create(APIResourceSchema, schema, {
          fieldManager: HUB_MANAGER,
          signal,
        });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }));
    const wanted: APIExport = {
      apiVersion: "apis.kcp.io/v1alpha2",
      kind: APIExport.kind,
      metadata: { name: group },
      spec: {
        resources: kinds.map((kind, i) => ({
          group,
          name: kind.plural,
          schema: schemas[i]!.metadata.name,
          storage: { crd: {} },
        })),
        ...(group === CLAIMING_EXPORT
          ? {
            permissionClaims: claimedKinds.map((kind) => ({
              group: kind.group,
              resource: kind.plural,
              verbs: ["*"],
            })),
          }
          : {}),
      },
    };
    await client.apply(APIExport, wanted, write);
    await until<APIExport>(APIExport, group, {
      ...options,
      client,
      test: ({ status }) => !!status?.identityHash,
    });
  }
  for (const role of clusterRoles()) {
    await client.apply(core.ClusterRole, role, write);
  }
  await client.apply<WorkspaceType>(WorkspaceType, workspaceType(path), write);
  const type = await until<WorkspaceType>(WorkspaceType, TYPE, {
    ...options,
    client,
    test: (found) => initializing(found).length > 0,
  });
  return {
    name: TYPE,
    initializer: `${type.metadata.annotations![CLUSTER_ANNOTATION]}:${TYPE}`,
    initializing: initializing(type),
  };
}

async function ensureWorkspace(options: BootstrapOptions): Promise<void> {
  const { at, path, signal } = options;
  const colon = path.lastIndexOf(":");
  if (colon <= 0) {
    throw new Error(
      `Cannot use ${path} as the hub's workspace: it is a path below another workspace, as root:faros`,
    );
  }
  const parent = at(path.slice(0, colon));
  const name = path.slice(colon + 1);
  try {
    if (!await parent.tryGet(KcpWorkspace, name, { signal })) {
      await parent.create<KcpWorkspace>(KcpWorkspace, {
        apiVersion: "tenancy.kcp.io/v1alpha1",
        kind: KcpWorkspace.kind,
        metadata: { name },
        spec: { type: { name: "universal", path: "root" } },
      }, { fieldManager: HUB_MANAGER, signal });
    }
    await until<KcpWorkspace>(KcpWorkspace, name, {
      ...options,
      client: parent,
      test: ({ status }) => status?.phase === "Ready",
    });
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.code !== 403) throw error;
    // Whoever may do nothing in the parent may have been given the workspace itself.
    const there = await at(path).list(WorkspaceType, { signal })
      .then(() => true, () => false);
    if (!there) {
      throw new Error(
        `Cannot make the hub's workspace ${path}: ${error.message}; let an administrator of kcp make it (kubectl create workspace ${name} --type universal) and make the hub's identity cluster-admin there`,
        { cause: error },
      );
    }
  }
}

function workspaceType(path: string): WorkspaceType {
  return {
    apiVersion: "tenancy.kcp.io/v1alpha1",
    kind: WorkspaceType.kind,
    metadata: { name: TYPE },
    spec: {
      // Of it the hub lets go once its members and itself can get in.
      initializer: true,
      // Brings the namespace `default`.
      extend: { with: [{ name: "universal", path: "root" }] },
      limitAllowedChildren: { none: true },
      // With all claims accepted; put back where a tenant deletes one.
      defaultAPIBindings: [...exportedKinds.keys()].map((name) => ({
        path,
        export: name,
      })),
      defaultAPIBindingLifecycle: "Maintain",
    },
  };
}

/** What an administrator of kcp can give to others in the hub's workspace. */
function clusterRoles(): KubeObject[] {
  const apis = ["apis.kcp.io"];
  const resourceNames = [...exportedKinds.keys()];
  const role = (name: string, rules: unknown[]) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: core.ClusterRole.kind,
    metadata: { name: `faros:${name}` },
    rules,
  });
  return [
    // To bind Faros's kinds in a workspace that the hub did not make.
    role("bind", [
      {
        apiGroups: apis,
        resources: ["apiexports"],
        resourceNames,
        verbs: ["bind"],
      },
    ]),
    // To get into the hub's workspace at all.
    role("access", [{ nonResourceURLs: ["/"], verbs: ["access"] }]),
    // To read and write the objects of all workspaces through the virtual workspaces, as the hub does.
    role("content", [
      {
        apiGroups: apis,
        resources: ["apiexports/content"],
        resourceNames,
        verbs: ["*"],
      },
    ]),
  ];
}

function initializing(type: WorkspaceType): string[] {
  return (type.status?.virtualWorkspaces ?? [])
    .filter((v) => v.type === "initializing").map(({ url }) => url);
}

/** Waits until an object of kcp's is as it has to be. */
async function until<
  T extends KubeObject & {
    status?: { phase?: string; conditions?: KcpCondition[] };
  },
>(
  resource: Resource,
  name: string,
  options: BootstrapOptions & {
    client: KubeClient;
    test: (object: T) => boolean;
  },
): Promise<T> {
  const { client, test, timeout = 60_000, signal } = options;
  const clock = options.clock ?? systemClock;
  const deadline = clock.now() + timeout;
  while (true) {
    const found = await client.get<T>(resource, name, { signal });
    if (test(found)) return found;
    if (clock.now() > deadline) {
      const { phase, conditions } = found.status ?? {};
      const why = [phase, complaints(conditions)].filter(Boolean).join("; ");
      throw new Error(
        `Cannot make ${options.path} ready: ${resource.kind} ${name} is not after ${
          timeout / 1000
        } s${why && `: ${why}`}`,
      );
    }
    await clock.sleep(100, signal);
  }
}
