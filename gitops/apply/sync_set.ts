import { ConfigMap } from "../../api/core.ts";
import {
  APPLYSET_LABEL,
  COMMIT_ANNOTATION,
  GITOPS_MANAGER,
  SOURCE_ANNOTATION,
} from "../../api/names.ts";
import type { Clock, WorkspaceAccess } from "../../kube/mod.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { Problem } from "../manifest/problem.ts";
import {
  type ResolvedManifest,
  resolveKinds,
} from "../manifest/resolve_kinds.ts";
import type { ManifestSet } from "../manifest/load_tree.ts";
import {
  type ApplySet,
  applySetParent,
  groupKind,
  groupKindsOf,
} from "../plan/apply_set.ts";
import { fingerprint, type Known, plan } from "../plan/plan.ts";
import { sourceOf } from "./apply_change.ts";
import { applyPlan, type ApplyResult } from "./apply_plan.ts";
import { readLive } from "./read_live.ts";

/** An object that was applied, or found to be as it ought to be. */
export interface AppliedObject extends Known {
  manifest: ResolvedManifest;
  /** Commit that it is as of. */
  commit: string;
  /** `file:line` that it stands at in that commit. */
  source: string;
}

/** Options of {@linkcode syncSet}. */
export interface SyncSetOptions {
  set: ApplySet;
  access: WorkspaceAccess;
  scope: "root" | "workspace";
  commit: string;
  prune: boolean;
  /** Keys of members that stay though they are not in the manifests. */
  keep?: ReadonlySet<string>;
  /** Ids of the sets of other Repositories. */
  others?: ReadonlySet<string>;
  /** What was applied last. */
  known?: ReadonlyMap<string, AppliedObject>;
  clock: Clock;
  concurrency?: number;
  signal?: AbortSignal;
}

/** What became of a set of manifests. */
export interface SyncSetResult extends Omit<ApplyResult, "applied"> {
  /** Whether the fault is in the manifests themselves. */
  invalid: boolean;
  /** By key; what failed is left out. */
  objects: Map<string, AppliedObject>;
}

/** Makes the objects of one apply set as its manifests say: find kinds, read, plan, apply, prune. */
export async function syncSet(
  manifests: ManifestSet,
  options: SyncSetOptions,
): Promise<SyncSetResult> {
  const { set, access, commit, signal } = options;
  const problems: Problem[] = [...manifests.problems];
  const resolved = await resolveKinds(manifests, {
    scope: options.scope,
    namespace: access.namespace,
    discover: (apiVersion, kind) =>
      access.client.discover(apiVersion, kind, { signal }),
  });
  problems.push(...resolved.problems);
  if (problems.length > 0) {
    return {
      created: 0,
      updated: 0,
      deleted: 0,
      unchanged: 0,
      problems,
      invalid: true,
      objects: new Map(),
    };
  }
  const desired = resolved.manifests;
  const { parent, live } = await readLive(set, {
    access,
    resources: new Set(desired.map((m) => m.resource)),
    signal,
  });
  const steps = plan({
    desired,
    live,
    setId: set.id,
    prune: options.prune,
    keep: options.keep,
    others: options.others,
    known: options.known,
  });
  const wanted = desired.map((m) => groupKind(m.resource));
  const before = groupKindsOf(parent);
  // First, so that a member is never of a kind that nobody looks for.
  const during = await applyParent([...before, ...wanted], {
    before: parent && before,
    ...options,
  });
  const result = await applyPlan(steps, options);
  if (result.problems.length === 0) {
    const gone = new Set(steps.delete.map((removal) => removal.key));
    const remaining = live.filter(({ object }) =>
      object.metadata.labels?.[APPLYSET_LABEL] === set.id &&
      !gone.has(objectKey(object))
    );
    await applyParent(
      [...wanted, ...remaining.map((item) => groupKind(item.resource))],
      { before: during, ...options },
    );
  }
  const objects = new Map<string, AppliedObject>();
  for (const change of steps.unchanged) {
    objects.set(change.key, {
      manifest: change.manifest,
      fingerprint: fingerprint(change.object),
      resourceVersion: change.live?.metadata.resourceVersion,
      commit: change.live?.metadata.annotations?.[COMMIT_ANNOTATION] ?? commit,
      source: change.live?.metadata.annotations?.[SOURCE_ANNOTATION] ??
        sourceOf(change.manifest),
    });
  }
  for (const change of [...steps.create, ...steps.update]) {
    const applied = result.applied.get(change.key);
    if (!applied) continue;
    objects.set(change.key, {
      manifest: change.manifest,
      fingerprint: fingerprint(change.object),
      resourceVersion: applied.metadata.resourceVersion,
      commit,
      source: sourceOf(change.manifest),
    });
  }
  const { applied: _, ...counts } = result;
  return { ...counts, invalid: false, objects };
}

/**
 * Makes the parent tell of these kinds.
 *
 * @returns Them; nothing where there is no parent, nor need of one.
 */
async function applyParent(
  groupKinds: string[],
  options: SyncSetOptions & { before: string[] | undefined },
): Promise<string[] | undefined> {
  const { set, access, before, signal } = options;
  const names = [...new Set(groupKinds)].sort();
  if (!before && names.length === 0) return undefined;
  if (before && names.join() === [...before].sort().join()) return before;
  await access.client.apply(ConfigMap, applySetParent(set, names), {
    namespace: set.namespace,
    fieldManager: GITOPS_MANAGER,
    force: true,
    signal,
  });
  return names;
}
