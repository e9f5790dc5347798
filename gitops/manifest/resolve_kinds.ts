import * as core from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { kinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { ManifestSet } from "./load_tree.ts";
import type { Manifest } from "./manifest.ts";
import { didYouMean, nearest } from "./nearest.ts";
import { compareProblems, type Problem } from "./problem.ts";

/** A manifest whose resource is known. */
export interface ResolvedManifest extends Manifest {
  resource: Resource;
}

/** A kind that is not here, and why. */
export class KindUnavailable extends Error {
  override name = "KindUnavailable";
}

/** Which resource serves a kind; none where there is no such kind. Throws {@linkcode KindUnavailable} where it knows more. */
export type Discover = (
  apiVersion: string,
  kind: string,
) => Promise<Resource | undefined>;

/** Options of {@linkcode resolveKinds}. */
export interface ResolveKindsOptions {
  scope: "root" | "workspace";
  /** Namespace of the workspace's objects. @default `faros-system` for root */
  namespace?: string;
  discover: Discover;
}

/** Manifests are immutable, and most of a repository stays as it is from one commit to the next. */
const resolved = new WeakMap<
  Manifest,
  {
    where: { resource: Resource; namespace?: string };
    manifest: ResolvedManifest;
  }
>();

/**
 * Finds the resource of each manifest, and refuses what does not go where it
 * stands: kinds that are not served, cluster-scoped ones in a workspace.
 */
export async function resolveKinds(
  set: ManifestSet,
  options: ResolveKindsOptions,
): Promise<{ manifests: ResolvedManifest[]; problems: Problem[] }> {
  const { scope, discover } = options;
  const namespace = options.namespace ??
    (scope === "root" ? SYSTEM_NAMESPACE : undefined);
  const found = new Map<string, Promise<Resource | undefined>>();
  const find = (apiVersion: string, kind: string) => {
    const key = `${apiVersion} ${kind}`;
    let answer = found.get(key);
    if (!answer) found.set(key, answer = discover(apiVersion, kind));
    return answer;
  };
  const manifests: ResolvedManifest[] = [];
  const problems: Problem[] = [];
  for (const manifest of set.manifests) {
    const { apiVersion, kind } = manifest.object;
    const refuse = (message: string) =>
      problems.push({
        file: manifest.file,
        ...manifest.locate(["kind"]),
        field: "kind",
        message,
      });
    let resource: Resource | undefined;
    try {
      resource = manifest.resource ?? await find(apiVersion, kind);
    } catch (error) {
      if (!(error instanceof KindUnavailable)) throw error;
      refuse(error.message);
      continue;
    }
    if (!resource) {
      refuse(
        `there is no kind ${kind} in ${apiVersion}${suggest(apiVersion, kind)}`,
      );
    } else if (scope === "workspace" && !resource.namespaced) {
      refuse(
        `${kind} is cluster-scoped; a workspace's folder takes namespaced kinds only`,
      );
    } else {
      manifests.push(resolve(manifest, { resource, namespace }));
    }
  }
  return { manifests, problems: problems.sort(compareProblems) };
}

/** Discovery without a server: Faros's kinds and the common ones of Kubernetes. */
export const discoverOffline: Discover = (apiVersion, kind) => {
  const resource = Object.values(core).find((r) =>
    r.kind === kind && apiVersionOf(r) === apiVersion
  );
  return Promise.resolve(resource);
};

/** The very same for the same manifest, so that what was found out about it holds. */
function resolve(
  manifest: Manifest,
  where: { resource: Resource; namespace?: string },
): ResolvedManifest {
  const before = resolved.get(manifest);
  const isSame = before?.where.resource === where.resource &&
    before.where.namespace === where.namespace;
  if (isSame) return before.manifest;
  const result: ResolvedManifest = {
    ...manifest,
    resource: where.resource,
    object: placed(manifest.object, where),
  };
  resolved.set(manifest, { where, manifest: result });
  return result;
}

function placed(
  object: KubeObject,
  where: { resource: Resource; namespace?: string },
): KubeObject {
  const { namespace: _, ...metadata } = object.metadata;
  if (where.resource.namespaced && where.namespace) {
    return { ...object, metadata: { ...metadata, namespace: where.namespace } };
  }
  return { ...object, metadata };
}

function suggest(apiVersion: string, kind: string): string {
  const known = [...kinds, ...Object.values(core)];
  const sameVersion = known.filter((k) => apiVersionOf(k) === apiVersion);
  const byKind = didYouMean(kind, sameVersion.map((k) => k.kind));
  if (byKind) return byKind;
  const sameKind = known.filter((k) => k.kind === kind).map(apiVersionOf);
  if (sameKind[0]) return `; did you mean apiVersion "${sameKind[0]}"?`;
  // A slip in both; a long apiVersion must not outweigh quite another kind.
  const close = known.filter((k) => nearest(kind, [k.kind]));
  return didYouMean(
    `${apiVersion} ${kind}`,
    close.map((k) => `${apiVersionOf(k)} ${k.kind}`),
  );
}

function apiVersionOf(resource: Resource): string {
  return resource.group
    ? `${resource.group}/${resource.version}`
    : resource.version;
}
