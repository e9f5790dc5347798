/**
 * The kinds of kcp that Faros uses, with the fields that it reads and writes.
 *
 * @module
 */
import type { KubeObject } from "../../api/meta.ts";
import type { Resource } from "../resource.ts";

const clusterScoped = (
  group: string,
  version: string,
  kind: string,
): Resource => ({
  group,
  version,
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: false,
});

export const KcpWorkspace = clusterScoped(
  "tenancy.kcp.io",
  "v1alpha1",
  "Workspace",
);
export const WorkspaceType = clusterScoped(
  "tenancy.kcp.io",
  "v1alpha1",
  "WorkspaceType",
);
export const LogicalCluster = clusterScoped(
  "core.kcp.io",
  "v1alpha1",
  "LogicalCluster",
);
export const APIResourceSchema = clusterScoped(
  "apis.kcp.io",
  "v1alpha1",
  "APIResourceSchema",
);
export const APIExport = clusterScoped(
  "apis.kcp.io",
  "v1alpha2",
  "APIExport",
);
export const APIBinding = clusterScoped(
  "apis.kcp.io",
  "v1alpha2",
  "APIBinding",
);
export const APIExportEndpointSlice = clusterScoped(
  "apis.kcp.io",
  "v1alpha1",
  "APIExportEndpointSlice",
);

/** kcp's own form of a condition. */
export interface KcpCondition {
  type: string;
  status: string;
  severity?: string;
  reason?: string;
  message?: string;
}

/** A workspace of kcp, as its parent has it. */
export interface KcpWorkspace extends KubeObject {
  spec: {
    type?: { name: string; path?: string };
    /** Name of its logical cluster: no two ever have the same. */
    cluster?: string;
    URL?: string;
  };
  status?: {
    phase?: string;
    initializers?: string[];
    conditions?: KcpCondition[];
  };
}

/** What a workspace of kcp is like. */
export interface WorkspaceType extends KubeObject {
  spec: Record<string, unknown>;
  status?: {
    virtualWorkspaces?: { type: string; url: string }[];
    conditions?: KcpCondition[];
  };
}

/** The singleton `cluster` of each workspace of kcp. */
export interface LogicalCluster extends KubeObject {
  status?: { initializers?: string[] };
}

/** Kinds that one workspace offers to others. */
export interface APIExport extends KubeObject {
  spec: {
    resources?: {
      group: string;
      name: string;
      schema: string;
      storage: Record<string, unknown>;
    }[];
    permissionClaims?: { group: string; resource: string; verbs: string[] }[];
  };
  status?: { identityHash?: string; conditions?: KcpCondition[] };
}

/** Where the virtual workspaces of an APIExport are, one for each shard with a binding. */
export interface APIExportEndpointSlice extends KubeObject {
  spec: { export: { path?: string; name: string } };
  status?: { endpoints?: { url: string }[] };
}

/** Annotation by which kcp itself says on every object that it serves where it is from. */
export const CLUSTER_ANNOTATION = "kcp.io/cluster";

/** What of conditions is not so, for people. */
export function complaints(conditions: readonly KcpCondition[] = []): string {
  return conditions.filter((c) => c.status !== "True" && c.message)
    .map((c) => `${c.type}: ${c.message}`).join("; ");
}
