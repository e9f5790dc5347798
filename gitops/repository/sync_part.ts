import type { WorkspaceAccess } from "../../kube/mod.ts";
import { reasonOf } from "../apply/api_problem.ts";
import type { PrunePolicy } from "../apply/prune_set.ts";
import {
  syncSet,
  type SyncSetOptions,
  type SyncSetResult,
} from "../apply/sync_set.ts";
import { checkReferences } from "../manifest/check_references.ts";
import type { ManifestSet } from "../manifest/load_tree.ts";
import { redactProblems } from "../manifest/redact_problems.ts";
import type { ApplySet } from "../plan/apply_set.ts";
import { type DriftPolicy, driftPolicy } from "../plan/drift_policy.ts";
import type { AppliedSet } from "./applied_sets.ts";
import { liveObjects } from "./live_objects.ts";
import { otherSets } from "./other_sets.ts";
import type { PluginKindDiscovery } from "./plugin_kind_discovery.ts";
import {
  failed,
  invalidReason,
  mayPass,
  noCounts,
  type PartOutcome,
} from "./sync_outcome.ts";
import type { SyncRepositoryOptions } from "./sync_repository_options.ts";
import { untilAllowed } from "./until_allowed.ts";
import { Superseded } from "./wait_in_sync.ts";

/** Options of {@linkcode syncPart}. */
export interface SyncPartOptions {
  /** Of the sync that it is a part of. */
  sync: SyncRepositoryOptions;
  commit: string;
  /** The hub's own objects in the commit, to which others may refer. */
  root: ManifestSet["manifests"];
  set: ApplySet;
  /** As which it is applied. */
  access: WorkspaceAccess;
  scope: SyncSetOptions["scope"];
  /** Keys of members that stay though they are not in the manifests. */
  keep?: ReadonlySet<string>;
  prune: PrunePolicy | undefined;
  /** The workspace whose folder it is. */
  workspace?: string;
  workspaceUid?: string;
  kinds?: PluginKindDiscovery;
}

/**
 * Syncs an apply set, unless it is known to be as it ought to be.
 *
 * @throws {Superseded}
 */
export async function syncPart(
  manifests: ManifestSet,
  options: SyncPartOptions,
): Promise<PartOutcome> {
  const { set, access, workspace, workspaceUid, commit } = options;
  const { sets, force, clock, signal } = options.sync;
  const entry = sets.ensure(set, { access, workspace });
  const drift = driftPolicy(options.sync.drift, workspace);
  return await entry.mutex.run(async () => {
    const sameWorkspace = entry.workspaceUid === workspaceUid;
    const isDue = entry.due !== undefined && clock.now() >= entry.due;
    const mayBeKnown = !force && sameWorkspace && !isDue;
    if (
      mayBeKnown && entry.fingerprint === manifests.fingerprint &&
      // What was missing may have come.
      !entry.warnings?.length
    ) {
      entry.commit = commit;
      return unchanged(entry);
    }
    // All of it was applied, and nothing waits: what has changed since is
    // in the manifests, or a watch shows it.
    const isKnown = mayBeKnown && !entry.waiting &&
      entry.fingerprint !== undefined &&
      [drift, entry.drift].every((d) =>
        d?.mode === "correct" && d.rules.length === 0
      );
    entry.fingerprint = undefined;
    entry.drift = drift;
    const isNew = !sameWorkspace || entry.commit === undefined;
    try {
      if (workspace && isNew) await untilAllowed(entry, options.sync);
      const result = await apply(manifests, {
        part: options,
        entry,
        drift,
        sameWorkspace,
        isKnown,
      });
      return settle(entry, { part: options, manifests, result });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Superseded) throw error;
      return {
        ...noCounts,
        total: entry.objects.size,
        commit: entry.commit,
        ...failed("ApplyFailed"),
        problems: [{
          file: workspace ? `workspaces/${workspace}` : "root",
          message: `Cannot sync it: ${reasonOf(error)}`,
        }],
      };
    }
  });
}

/** The outcome of a set that is as it ought to be. */
function unchanged(entry: AppliedSet): PartOutcome {
  const { waiting, due, warnings, commit } = entry;
  const total = entry.objects.size;
  return {
    ...noCounts,
    unchanged: total,
    total,
    commit,
    waiting,
    due,
    warnings,
    problems: [],
  };
}

/** Makes what is live so, and keeps in mind each object that is written. */
async function apply(
  manifests: ManifestSet,
  of: {
    part: SyncPartOptions;
    entry: AppliedSet;
    drift: DriftPolicy;
    /** Whether it is of the Workspace that it was of before. */
    sameWorkspace: boolean;
    /** Whether a watch shows all that has changed. */
    isKnown: boolean;
  },
): Promise<SyncSetResult> {
  const { part, entry, drift, sameWorkspace, isKnown } = of;
  const { set, access, scope, prune, kinds, workspace, commit, keep } = part;
  const { client, clock, observe, watched, writes, bulk, signal, others } =
    part.sync;
  const references = await checkReferences(manifests.manifests, {
    root: part.root,
    live: liveObjects(set, {
      access,
      hub: client,
      prune: prune !== undefined,
      kinds,
      signal,
    }),
  });
  entry.warnings = references.warnings;
  return await syncSet({
    ...manifests,
    problems: [...manifests.problems, ...references.problems],
  }, {
    set,
    access,
    scope,
    commit,
    workspace,
    prune,
    drift,
    keep,
    others: await otherSets(set, { scope, others }),
    known: sameWorkspace ? entry.objects : undefined,
    watched: isKnown ? watched : undefined,
    kinds,
    clock,
    observe,
    writing: {
      begin: (key) => entry.writes.begin(key),
      end: (key, applied) => {
        if (applied) entry.objects.set(key, applied);
        else entry.objects.delete(key);
        entry.writes.end(key, applied?.resourceVersion);
      },
    },
    writes,
    bulk,
    signal,
  });
}

/** Keeps in mind what became of a set, and says it. */
function settle(
  entry: AppliedSet,
  of: { part: SyncPartOptions; manifests: ManifestSet; result: SyncSetResult },
): PartOutcome {
  const { part, manifests } = of;
  const { invalid, conflict, objects, drifted, ...rest } = of.result;
  const problems = redactProblems(rest.problems, manifests.manifests);
  if (!invalid) {
    entry.objects = objects;
    entry.drifted = drifted;
    entry.waiting = rest.waiting;
    entry.due = rest.due;
  }
  // What waits for approval is looked at each time.
  if (problems.length === 0 && rest.held.length === 0) {
    entry.fingerprint = manifests.fingerprint;
    entry.commit = part.commit;
  }
  if (problems.length === 0) entry.workspaceUid = part.workspaceUid;
  return {
    ...rest,
    total: entry.objects.size,
    commit: entry.commit,
    problems,
    warnings: entry.warnings,
    ...(problems.length
      // A kind that is not there may come with what another commit,
      // or another Repository, installs.
      ? {
        ...failed(
          invalid
            ? invalidReason(problems)
            : conflict
            ? "OwnershipConflict"
            : "ApplyFailed",
        ),
        retry: manifests.problems.length === 0 || mayPass(manifests.problems),
      }
      : {}),
  };
}
