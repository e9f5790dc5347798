import type { APIResourceSchema as Schema } from "../../api/generate/api_resource_schema.ts";
import type { Kind } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { KubeClient } from "../client.ts";
import { isGone } from "../kube_api_error.ts";
import {
  type APIExport,
  APIExportEndpointSlice,
  APIResourceSchema,
  CLUSTER_ANNOTATION,
  KcpWorkspace,
} from "./kinds.ts";

/**
 * Compares two schemas of a kind (OpenAPI v3): what it returns says of an object that is as it has to be by the first
 * what of it is not by the second, or would be lost.
 */
export type CompareSchemas = (
  from: unknown,
  to: unknown,
) => (object: KubeObject) => string[];

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
 * Looks at all stored objects of a kind before its APIExport moves to another schema.
 *
 * @param live The APIExport as it is.
 * @throws with a list where stored objects would not stay as they are
 */
export async function checkUpgrade(
  { live, kind, schema }: { live: APIExport; kind: Kind; schema: Schema },
  options: CheckUpgradeOptions,
): Promise<void> {
  const { client, at, compare, signal } = options;
  const before = live.spec.resources?.find((r) => r.name === kind.plural);
  if (!before || before.schema === schema.metadata.name) return;
  const old = await client.tryGet<Schema>(APIResourceSchema, before.schema, {
    signal,
  });
  const problemsOf = compare(schemaOf(old, kind), schemaOf(schema, kind));
  const slice = await client.tryGet<APIExportEndpointSlice>(
    APIExportEndpointSlice,
    live.metadata.name,
    { signal },
  );
  const names = await workspaceNames(client, signal);
  const refused: string[] = [];
  for (const { url } of slice?.status?.endpoints ?? []) {
    const { items } = await at(`${url}/clusters/*`).listAll(kind, { signal })
      .catch((error) => {
        // Nobody has bound it there any more.
        if (isGone(error)) return { items: [] as KubeObject[] };
        throw error;
      });
    for (const object of items) {
      const problems = problemsOf(object);
      if (!problems.length) continue;
      const { annotations, namespace, name } = object.metadata;
      const cluster = annotations?.[CLUSTER_ANNOTATION] ?? "";
      refused.push(
        `${names.get(cluster) ?? cluster}/${namespace}/${name}: ${
          problems.join(", ")
        }`,
      );
    }
  }
  if (!refused.length) return;
  const more = refused.length - NAMED;
  throw new Error(
    `Cannot move APIExport ${live.metadata.name} to the schema of ${kind.kind} that this version has (${schema.metadata.name}): ${refused.length} stored object${
      refused.length === 1 ? "" : "s"
    } would not stay as they are; change them first, by the version that runs now:\n${
      refused.slice(0, NAMED).map((line) => `  ${line}`).join("\n")
    }${more > 0 ? `\n  and ${more} more` : ""}`,
  );
}

function schemaOf(of: Schema | undefined, kind: Kind): unknown {
  return of?.spec.versions.find((v) => v.name === kind.version)?.schema;
}

/** Workspaces by their clusters. */
async function workspaceNames(
  client: KubeClient,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const { items } = await client.listAll<KcpWorkspace>(KcpWorkspace, {
    signal,
  });
  return new Map(
    items.map(({ metadata, spec }) => [spec.cluster ?? "", metadata.name]),
  );
}
