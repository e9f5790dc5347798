import { apiResourceSchema } from "../../api/generate/api_resource_schema.ts";
import * as core from "../../api/core.ts";
import type { Kind } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import type { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { CompareSchemas } from "../compare_schemas.ts";
import { KubeApiError } from "../kube_api_error.ts";
import { checkUpgrade } from "./check_upgrade.ts";
import { claimedKinds, CLAIMING_EXPORT } from "./exports.ts";
import type { WorkspaceTypeFacts } from "./initialize.ts";
import {
  APIExport,
  APIExportEndpointSlice,
  CLUSTER_ANNOTATION,
  KcpWorkspace,
  WorkspaceType,
} from "./kinds.ts";
import { offerSchemas } from "./offer_schemas.ts";
import { until } from "./until.ts";

/** Options of {@linkcode bootstrap}. */
export interface BootstrapOptions {
  /** A client of a workspace at a path: `root:faros`. */
  within: (path: string) => KubeClient;
  /** A client of what is at a URL of kcp. */
  at: (url: string) => KubeClient;
  /** Kinds that tenants see. */
  kinds: readonly Kind[];
  /** How stored objects are looked at before a kind's schema changes. @default not at all */
  compare?: CompareSchemas;
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
 * and the APIExport moves to it, back to an old one too.
 *
 * @throws where kcp refuses it, or takes too long; where stored objects would not stay as they are by a new schema
 */
export async function bootstrap(
  options: BootstrapOptions,
): Promise<WorkspaceTypeFacts> {
  const { within, path, compare, signal } = options;
  await ensureWorkspace(options);
  const client = within(path);
  const write = { fieldManager: HUB_MANAGER, force: true, signal };
  const groups = Map.groupBy(options.kinds, (k) => k.group);
  const changes = await Promise.all([...groups].map(async ([group, kinds]) => ({
    group,
    kinds,
    schemas: await Promise.all(kinds.map(apiResourceSchema)),
    live: await client.tryGet<APIExport>(APIExport, group, { signal }),
  })));
  // Before anything changes: what is refused leaves all as it was.
  for (const { schemas, live } of compare ? changes : []) {
    if (!live) continue;
    await checkUpgrade(live, schemas, {
      ...options,
      client,
      compare: compare!,
    });
  }
  for (const { group, kinds, schemas } of changes) {
    await offerSchemas(schemas, { client, signal });
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
  for (const name of groups.keys()) {
    // kcp makes it with the export, and not again.
    await client.apply<APIExportEndpointSlice>(APIExportEndpointSlice, {
      apiVersion: "apis.kcp.io/v1alpha1",
      kind: APIExportEndpointSlice.kind,
      metadata: { name },
      spec: { export: { path, name } },
    }, write);
  }
  for (const role of clusterRoles([...groups.keys()])) {
    await client.apply(core.ClusterRole, role, write);
  }
  await client.apply<WorkspaceType>(
    WorkspaceType,
    workspaceType(path, [...groups.keys()]),
    write,
  );
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
  const { within, path, signal } = options;
  const colon = path.lastIndexOf(":");
  if (colon <= 0) {
    throw new Error(
      `Cannot use ${path} as the hub's workspace: it is a path below another workspace, as root:faros`,
    );
  }
  const parent = within(path.slice(0, colon));
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
    const there = await within(path).list(WorkspaceType, { signal })
      .then(() => true, () => false);
    if (!there) {
      throw new Error(
        `Cannot make the hub's workspace ${path}: ${error.message}; let an administrator of kcp make it (kubectl create workspace ${name} --type universal) and make the hub's identity cluster-admin there`,
        { cause: error },
      );
    }
  }
}

function workspaceType(path: string, exports: string[]): WorkspaceType {
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
      // With all claims accepted, those of later versions too.
      defaultAPIBindings: exports.map((name) => ({
        path,
        export: name,
      })),
      defaultAPIBindingLifecycle: "Maintain",
    },
  };
}

/** What an administrator of kcp can give to others in the hub's workspace. */
function clusterRoles(resourceNames: string[]): KubeObject[] {
  const apis = ["apis.kcp.io"];
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
