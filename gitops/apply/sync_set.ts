import { ConfigMap } from "../../api/core.ts";
import {
  APPLYSET_LABEL,
  COMMIT_ANNOTATION,
  GITOPS_MANAGER,
  SOURCE_ANNOTATION,
} from "../../api/names.ts";
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Clock, WorkspaceAccess } from "../../kube/mod.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { Problem } from "../manifest/problem.ts";
import {
  type ResolvedManifest,
  resolveKinds,
} from "../manifest/resolve_kinds.ts";
import type { PluginKindDiscovery } from "../repository/plugin_kind_discovery.ts";
import type { ManifestSet } from "../manifest/load_tree.ts";
import {
  type ApplySet,
  applySetParent,
  APPROVED_ANNOTATION,
  groupKind,
  groupKindsOf,
} from "../plan/apply_set.ts";
import type { DriftPolicy } from "../plan/drift_policy.ts";
import { fingerprint, type Known, plan } from "../plan/plan.ts";
import { withoutContent } from "../plan/without_content.ts";
import type { HeldPrune } from "../plan/prune.ts";
import { isSuspended } from "../plan/tombstone.ts";
import { sourceOf } from "./apply_change.ts";
import type { SetObserver } from "../stage_observer.ts";
import { applyPlan, type ApplyResult } from "./apply_plan.ts";
import { freeSets } from "./free_sets.ts";
import type { Limiter } from "./limiter.ts";
import {
  type ApprovedPrune,
  deleteRemovals,
  preparePrune,
  type PrunePolicy,
} from "./prune_set.ts";
import { planByWatch, type PlannedSet, type Watched } from "./plan_by_watch.ts";
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
  /** The workspace whose folder it is. */
  workspace?: string;
  /** What becomes of members that are not in the manifests; they stay where it says nothing. */
  prune?: PrunePolicy;
  /** What becomes of changes behind the repository's back. @default all are put back */
  drift?: DriftPolicy;
  /** Keys of members that stay though they are not in the manifests. */
  keep?: ReadonlySet<string>;
  /** Ids of the sets of other Repositories, with whose they are. */
  others?: ReadonlyMap<string, string>;
  /** What was applied last. */
  known?: ReadonlyMap<string, AppliedObject>;
  /** What a watch shows of all that was applied last. @default nobody watches, and it is read */
  watched?: Watched;
  /** Finds kinds, and knows which of them may be gone. @default the server's own discovery */
  kinds?: Pick<PluginKindDiscovery, "find" | "isBrought">;
  clock: Clock;
  /** Gets word of its stages. @default nobody does */
  observe?: SetObserver;
  /** Gets word of each write. @default nobody does */
  writing?: WriteObserver;
  /** Lets so many objects be written at a time, of all who share it. @default 32 of this set */
  writes?: Limiter;
  /** Gets word of the kinds of all that is about to be written; disposed of when it is. @default nobody does */
  bulk?: (resources: Iterable<Resource>) => Disposable;
  signal?: AbortSignal;
}

/** Who gets word of each object that is written, or taken away. */
export interface WriteObserver {
  /** It is about to be. */
  begin(key: string): void;
  /** It was; nothing where that failed, or it is to be there no longer. */
  end(key: string, applied: AppliedObject | undefined): void;
}

/** What became of a set of manifests. */
export interface SyncSetResult extends ApplyResult {
  deleted: number;
  /** Whether the fault is in the manifests themselves. */
  invalid: boolean;
  /** Whether others keep objects that the manifests ask for. */
  conflict: boolean;
  /** By key; what failed is left out. */
  objects: Map<string, AppliedObject>;
  /** Fields that differ and are only reported, by the keys of their objects. */
  drifted: Map<string, string[]>;
  /** Removals that wait for approval. */
  held: HeldPrune[];
  /** Marked just now, to be deleted later. */
  suspended: KubeObject[];
  /** Marked before, and wanted again. */
  restored: KubeObject[];
  /** How many are marked in all. */
  waiting: number;
  /** When the first of those is to be deleted, milliseconds since 1970. */
  due?: number;
}

/** Makes the objects of one apply set as its manifests say: find kinds, read, plan, apply, prune. */
export async function syncSet(
  manifests: ManifestSet,
  options: SyncSetOptions,
): Promise<SyncSetResult> {
  const { access, commit, kinds, clock, observe, writing, signal } = options;
  const begun = clock.now();
  const problems: Problem[] = [...manifests.problems];
  const resolved = await resolveKinds(manifests, {
    scope: options.scope,
    namespace: access.namespace,
    discover: (apiVersion, kind) =>
      kinds?.find(apiVersion, kind) ??
        access.client.discover(apiVersion, kind, { signal }),
  });
  problems.push(...resolved.problems);
  if (problems.length > 0) {
    observe?.("plan", { started: begun, ok: false });
    return {
      created: 0,
      updated: 0,
      deleted: 0,
      unchanged: 0,
      problems,
      invalid: true,
      conflict: false,
      objects: new Map(),
      drifted: new Map(),
      held: [],
      suspended: [],
      restored: [],
      waiting: 0,
    };
  }
  const desired = resolved.manifests;
  const { parent, steps, members } = await planSet(desired, options);
  observe?.("plan", { started: begun, ok: steps.conflicts.length === 0 });
  const wanted = desired.map((m) => groupKind(m.resource));
  const approved = approvedOf(parent);
  // First, so that a member is never of a kind that nobody looks for.
  const during = await applyParent(
    { groupKinds: [...groupKindsOf(parent), ...wanted], approved },
    {
      before: parent && { groupKinds: groupKindsOf(parent), approved },
      ...options,
    },
  );
  let before = during;
  const prune = options.prune && steps.delete.length
    ? await preparePrune(steps.delete, {
      ...options,
      policy: options.prune,
      members: [
        ...members,
        ...steps.create.map(({ manifest, object }) => ({
          resource: manifest.resource,
          object,
        })),
      ],
      approved,
      onApproved: async (approved) => {
        before = await applyParent(
          { groupKinds: during?.groupKinds ?? [], approved },
          { before, ...options },
        );
      },
    })
    : undefined;
  const objects = new Map<string, AppliedObject>();
  const drifted = new Map<string, string[]>();
  for (const change of steps.unchanged) {
    const { key, live } = change;
    if (change.drifted.length) drifted.set(key, change.drifted);
    const before = options.known?.get(key);
    const isSame = before?.manifest === change.manifest &&
      before.resourceVersion !== undefined &&
      before.resourceVersion === live?.metadata.resourceVersion;
    objects.set(
      key,
      isSame ? before : {
        manifest: change.manifest,
        fingerprint: fingerprint(change.object),
        // What differs has to be looked at each time.
        resourceVersion: change.drifted.length
          ? undefined
          : live?.metadata.resourceVersion,
        commit: live?.metadata.annotations?.[COMMIT_ANNOTATION] ?? commit,
        source: live?.metadata.annotations?.[SOURCE_ANNOTATION] ??
          sourceOf(change.manifest),
      },
    );
  }
  const restored: KubeObject[] = [];
  const applying = clock.now();
  using _ = options.bulk?.(
    [...steps.create, ...steps.update].map((c) => c.manifest.resource),
  );
  const result = await applyPlan(steps, {
    ...options,
    onWrite: ({ key }) => writing?.begin(key),
    onWritten: (change, applied) => {
      const { key, manifest, live } = change;
      if (!applied) return writing?.end(key, undefined);
      if (live && isSuspended(live)) restored.push(applied);
      // A fleet's objects are not kept any longer than they are needed.
      change.live = undefined;
      const object = {
        manifest,
        fingerprint: fingerprint(change.object),
        resourceVersion: applied.metadata.resourceVersion,
        commit,
        source: sourceOf(manifest),
      };
      objects.set(key, object);
      writing?.end(key, object);
    },
  });
  if (steps.create.length + steps.update.length > 0) {
    const ok = result.problems.length === steps.conflicts.length;
    observe?.("apply", { started: applying, ok });
  }
  const failures = [...result.problems, ...prune?.problems ?? []];
  let deleted = new Set<string>();
  // Where anything failed, nothing is deleted: what replaces it may be what failed.
  if (prune && failures.length === 0) {
    const pruning = clock.now();
    const done = await deleteRemovals(prune.delete, options);
    const ok = done.problems.length === 0;
    observe?.("prune", { started: pruning, ok });
    deleted = done.deleted;
    failures.push(...done.problems);
  }
  if (failures.length === 0) {
    const remaining = members.filter((item) =>
      !deleted.has(objectKey(item.object))
    );
    await applyParent({
      groupKinds: [
        ...wanted,
        ...remaining.map((item) => groupKind(item.resource)),
      ],
    }, { before, ...options });
  }
  return {
    ...result,
    problems: failures,
    deleted: deleted.size,
    invalid: false,
    conflict: steps.conflicts.length > 0,
    objects,
    drifted,
    restored,
    held: prune?.held ?? [],
    suspended: prune?.suspended ?? [],
    waiting: prune?.waiting ?? 0,
    due: prune?.due,
  };
}

/** Finds out what there is to do: by what is known, or a read of all that there is. */
async function planSet(
  desired: ResolvedManifest[],
  options: SyncSetOptions,
): Promise<PlannedSet> {
  const { set, access, kinds, known, watched, signal } = options;
  const quick = watched && known &&
    await planByWatch(desired, { ...options, watched, known });
  if (quick) return quick;
  const { parent, live } = await readLive(set, {
    access,
    resources: new Set(desired.map((m) => m.resource)),
    mayBeGone: kinds?.isBrought.bind(kinds),
    signal,
  });
  const steps = plan({
    desired,
    live,
    setId: set.id,
    prune: options.prune !== undefined,
    keep: options.keep,
    others: options.others,
    free: await freeSets(live, options),
    known,
    drift: options.drift,
  });
  for (const change of [...steps.unchanged, ...steps.update]) {
    const isNeeded = change.takeOver || change.leave.length || change.adopted;
    if (!isNeeded && change.live) change.live = withoutContent(change.live);
  }
  const members = live.flatMap(({ resource, object }) =>
    object.metadata.labels?.[APPLYSET_LABEL] === set.id
      ? [{ resource, object: withoutContent(object) }]
      : []
  );
  return { parent, steps, members };
}

interface ParentState {
  groupKinds: string[];
  approved?: ApprovedPrune;
}

/**
 * Makes the parent tell of these kinds, and of removals that were approved.
 *
 * @returns What it tells; nothing where there is no parent, nor need of one.
 */
async function applyParent(
  state: ParentState,
  options: SyncSetOptions & { before: ParentState | undefined },
): Promise<ParentState | undefined> {
  const { set, access, before, signal } = options;
  const groupKinds = [...new Set(state.groupKinds)].sort();
  const after = { ...state, groupKinds };
  if (!before && groupKinds.length === 0) return undefined;
  if (before && stateText(after) === stateText(before)) return before;
  const parent = applySetParent(set, groupKinds);
  if (state.approved) {
    parent.metadata.annotations![APPROVED_ANNOTATION] = JSON.stringify(
      state.approved,
    );
  }
  await access.client.apply(ConfigMap, parent, {
    namespace: set.namespace,
    fieldManager: GITOPS_MANAGER,
    force: true,
    signal,
  });
  return after;
}

function stateText({ groupKinds, approved }: ParentState): string {
  return JSON.stringify([
    [...groupKinds].sort(),
    approved?.commit,
    approved?.at,
  ]);
}

function approvedOf(parent: KubeObject | undefined): ApprovedPrune | undefined {
  const text = parent?.metadata.annotations?.[APPROVED_ANNOTATION];
  if (!text) return undefined;
  try {
    const approved = JSON.parse(text) as Partial<ApprovedPrune>;
    const { commit, at, workspaces, whole } = approved;
    if (typeof commit === "string" && typeof at === "number") {
      return {
        commit,
        at,
        ...(Array.isArray(workspaces) ? { workspaces } : {}),
        ...(typeof whole === "string" ? { whole } : {}),
      };
    }
  } catch {
    // Somebody else's writing approves nothing.
  }
}
