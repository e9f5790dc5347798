import type { APIResourceSchema as Schema } from "../../api/generate/api_resource_schema.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { KubeClient } from "../client.ts";
import type { CompareSchemas } from "../compare_schemas.ts";
import { isGone } from "../kube_api_error.ts";
import type { Resource } from "../resource.ts";
import {
  type APIExport,
  APIExportEndpointSlice,
  APIResourceSchema,
  CLUSTER_ANNOTATION,
  KcpWorkspace,
} from "./kinds.ts";

/** Options of {@linkcode checkUpgrade}. */
export interface CheckUpgradeOptions {
  /** Of the workspace with the export. */
  client: KubeClient;
  /** A client of what is at a URL of kcp. */
  at: (url: string) => KubeClient;
  compare: CompareSchemas;
  signal?: AbortSignal;
}

/** Objects that an error names. */
const NAMED = 20;

/**
 * Looks at all stored objects of the kinds of an APIExport that are to have another schema, or to be offered no longer.
 *
 * @param live The APIExport as it is.
 * @param schemas Those that it is to have.
 * @throws with a list where stored objects would not stay as they are
 */
export async function checkUpgrade(
  live: APIExport,
  schemas: readonly Schema[],
  options: CheckUpgradeOptions,
): Promise<void> {
  const { client, compare, signal } = options;
  for (const { name, schema: before } of live.spec.resources ?? []) {
    const next = schemas.find(({ spec }) => spec.names.plural === name);
    if (next?.metadata.name === before) continue;
    const old = await client.tryGet<Schema>(APIResourceSchema, before, {
      signal,
    });
    // Without it, nothing of the kind is served.
    if (!old) continue;
    const problemsOf = next
      ? compare(schemaOf(old), schemaOf(next))
      : () => ["this version has no such kind"];
    await check(live, { old, next: next?.metadata.name, problemsOf }, options);
  }
}

async function check(
  live: APIExport,
  { old, next = "none", problemsOf }: {
    old: Schema;
    next?: string;
    problemsOf: (object: KubeObject) => string[];
  },
  options: CheckUpgradeOptions,
): Promise<void> {
  const names = await workspaceNames(options);
  const refused = (await storedObjects(live, resourceOf(old), options))
    .flatMap((object) => {
      const problems = problemsOf(object);
      const { annotations, namespace, name } = object.metadata;
      const cluster = annotations?.[CLUSTER_ANNOTATION] ?? "";
      return problems.length
        ? `${names.get(cluster) ?? cluster}/${namespace}/${name}: ${
          problems.join(", ")
        }`
        : [];
    });
  const { length } = refused;
  if (!length) return;
  throw new Error(
    `Cannot move ${old.spec.names.kind} in APIExport ${live.metadata.name} to the schema that this version has (${next}): ${length} stored object${
      length === 1 ? "" : "s"
    } would not stay as they are; change them first, by the version that runs now:\n${
      refused.slice(0, NAMED).map((line) => `  ${line}`).join("\n")
    }${length > NAMED ? `\n  and ${length - NAMED} more` : ""}`,
  );
}

/** All objects of a kind in all workspaces that bind the export, those of others too. */
async function storedObjects(
  live: APIExport,
  resource: Resource,
  { client, at, signal }: CheckUpgradeOptions,
): Promise<KubeObject[]> {
  const slice = await client.tryGet<APIExportEndpointSlice>(
    APIExportEndpointSlice,
    live.metadata.name,
    { signal },
  );
  if (!slice) {
    throw new Error(
      `Cannot find the stored objects of ${resource.kind}: APIExportEndpointSlice ${live.metadata.name} is not there; start the version that ran last, which puts it back`,
    );
  }
  const lists = (slice.status?.endpoints ?? []).map(async ({ url }) => {
    try {
      const list = await at(`${url}/clusters/*`).listAll(resource, { signal });
      return list.items;
    } catch (error) {
      // Nobody has bound it there any more.
      if (isGone(error)) return [];
      throw error;
    }
  });
  return (await Promise.all(lists)).flat();
}

function resourceOf({ spec }: Schema): Resource {
  return {
    group: spec.group,
    version: storedAs(spec).name as string,
    plural: spec.names.plural as string,
    kind: spec.names.kind as string,
    namespaced: spec.scope === "Namespaced",
  };
}

function schemaOf({ spec }: Schema): unknown {
  return storedAs(spec).schema;
}

/** The version that objects are stored as. */
function storedAs({ versions }: Schema["spec"]): Record<string, unknown> {
  return versions.find(({ storage }) => storage) ?? versions[0]!;
}

/** Workspaces by their clusters. */
async function workspaceNames(
  { client, signal }: CheckUpgradeOptions,
): Promise<Map<string, string>> {
  const { items } = await client.listAll<KcpWorkspace>(KcpWorkspace, {
    signal,
  });
  return new Map(
    items.map(({ metadata, spec }) => [spec.cluster ?? "", metadata.name]),
  );
}
