import type { KubeObject } from "../../api/meta.ts";
import { DELETE_AFTER_ANNOTATION, GITOPS_MANAGER } from "../../api/names.ts";
import {
  type Clock,
  isNotFound,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { Problem } from "../manifest/problem.ts";
import type { ApplySet } from "../plan/apply_set.ts";
import type { LiveObject, Removal } from "../plan/plan.ts";
import { decidePrune, type HeldPrune } from "../plan/prune.ts";
import type { PruneGuard } from "../plan/prune_guard.ts";
import { reasonOf } from "./api_problem.ts";
import { forEachLimited } from "./for_each_limited.ts";
import { byStage } from "./order.ts";

/** What a Repository says of the deletion of what left it. */
export interface PrunePolicy {
  guard: PruneGuard;
  /** How long Agents are suspended first, in milliseconds. */
  tombstone: number;
  /** Why all of it has to wait, however little it is: there is no manifest left. */
  whole?: string;
  /** Whether somebody let removals go that the guard holds. */
  isApproved: (held: HeldPrune) => boolean | Promise<boolean>;
  /** What is in a Workspace; only for the set of Workspaces. */
  contentOf?: (workspace: string) => Promise<LiveObject[]>;
}

/** Removals that were approved, and may not all be done: kept with the set, so that a restart carries on. */
export interface ApprovedPrune {
  commit: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Which Workspaces, where each is approved by itself. */
  workspaces?: string[];
  /** Why all had to wait, where it was all. */
  whole?: string;
}

/** Options of {@linkcode preparePrune}. */
export interface PruneSetOptions {
  policy: PrunePolicy;
  set: ApplySet;
  access: WorkspaceAccess;
  workspace?: string;
  commit: string;
  /** All members that were live before, and those that came with the commit. */
  members: LiveObject[];
  /** What was approved before. */
  approved?: ApprovedPrune;
  /** Called before the first of the approved removals. */
  onApproved: (approved: ApprovedPrune) => Promise<void>;
  clock: Clock;
  concurrency?: number;
  /** Gets word of each object that is suspended or deleted: nobody is to put it back. @default nobody does */
  writing?: {
    begin(key: string): void;
    end(key: string, applied: undefined): void;
  };
  signal?: AbortSignal;
}

/** What is to become of removals, and what was done of it already. */
export interface PreparedPrune {
  /** To be deleted once all else is applied. */
  delete: Removal[];
  /** Marked just now. */
  suspended: KubeObject[];
  /** How many are marked in all. */
  waiting: number;
  /** When the first of them is to be looked at again, milliseconds since 1970. */
  due?: number;
  held: HeldPrune[];
  problems: Problem[];
}

/**
 * Decides what of what left a repository goes, as far as the guard lets it, and
 * suspends the Agents: before anything is applied, so that no device gets what
 * a commit changes that has no place for it any more.
 */
export async function preparePrune(
  removals: Removal[],
  options: PruneSetOptions,
): Promise<PreparedPrune> {
  const { policy, clock, signal, concurrency = 8, commit } = options;
  const { access: { client }, writing } = options;
  const decision = await decide(removals, options);
  const result: PreparedPrune = {
    delete: decision.delete,
    suspended: [],
    waiting: decision.waiting.length,
    due: decision.due,
    held: decision.held,
    problems: [],
  };
  if (decision.approved.length) {
    await options.onApproved({
      commit,
      at: clock.now(),
      ...(policy.contentOf
        ? { workspaces: decision.approved.flatMap((h) => h.workspace ?? []) }
        : {}),
      whole: policy.whole,
    });
  }
  const until = new Date(clock.now() + policy.tombstone);
  await forEachLimited(decision.suspend, concurrency, async (removal) => {
    signal?.throwIfAborted();
    const { name, namespace, uid } = removal.object.metadata;
    writing?.begin(removal.key);
    try {
      const object = await client.patch(removal.resource, name, {
        metadata: {
          uid,
          annotations: { [DELETE_AFTER_ANNOTATION]: until.toISOString() },
        },
      }, { namespace, fieldManager: GITOPS_MANAGER, signal });
      result.suspended.push(object);
    } catch (error) {
      signal?.throwIfAborted();
      if (isNotFound(error)) return;
      result.problems.push(problemOf(removal, { doing: "suspend", error }));
    } finally {
      writing?.end(removal.key, undefined);
    }
  });
  if (result.suspended.length) {
    result.waiting += result.suspended.length;
    result.due = Math.min(until.getTime(), result.due ?? Infinity);
  }
  return result;
}

/** Deletes what is to be deleted, in the order in which kinds depend on each other. */
export async function deleteRemovals(
  removals: Removal[],
  options: Pick<
    PruneSetOptions,
    "access" | "concurrency" | "writing" | "signal"
  >,
): Promise<{ deleted: Set<string>; problems: Problem[] }> {
  const { access: { client }, concurrency = 8, writing, signal } = options;
  const deleted = new Set<string>();
  const problems: Problem[] = [];
  for (const stage of byStage(removals, (r) => r.resource).reverse()) {
    await forEachLimited(stage, concurrency, async (removal) => {
      signal?.throwIfAborted();
      const { name, namespace, uid } = removal.object.metadata;
      writing?.begin(removal.key);
      try {
        await client.delete(removal.resource, name, {
          namespace,
          uid,
          ignoreNotFound: true,
          propagationPolicy: "Background",
          signal,
        });
        deleted.add(removal.key);
      } catch (error) {
        signal?.throwIfAborted();
        problems.push(problemOf(removal, { doing: "delete", error }));
      } finally {
        writing?.end(removal.key, undefined);
      }
    });
  }
  return { deleted, problems };
}

/** What the removal of each Workspace would take along, by its key. */
export async function contentOfAll(
  workspaces: readonly Removal[],
  contentOf: NonNullable<PrunePolicy["contentOf"]>,
): Promise<Map<string, Removal[]>> {
  const all = await Promise.all(workspaces.map(async ({ key, object }) => {
    const content = await contentOf(object.metadata.name);
    return [
      key,
      content.map((item) => ({ key: objectKey(item.object), ...item })),
    ] as const;
  }));
  return new Map(all);
}

async function decide(removals: Removal[], options: PruneSetOptions) {
  const { policy, set, commit, clock, approved } = options;
  const content = policy.contentOf &&
    await contentOfAll(removals, policy.contentOf);
  const input = {
    ...policy,
    content,
    removals,
    members: options.members,
    workspace: options.workspace,
    setId: set.id,
    now: clock.now(),
  };
  // What is left of removals that a person let go, and a kill or a fault interrupted.
  const isLeftOver = approved?.commit === commit &&
    approved.whole === policy.whole &&
    removals.every(({ object }) =>
      Date.parse(object.metadata.creationTimestamp ?? "") <= approved.at
    );
  const isApproved = async (item: HeldPrune) =>
    isLeftOver &&
      (!content || approved.workspaces?.includes(item.workspace ?? "")) ||
    await policy.isApproved(item);
  const { held } = decidePrune({ ...input, isApproved: () => false });
  const tokens = new Set<string>();
  for (const item of held) {
    if (await isApproved(item)) tokens.add(item.token);
  }
  return decidePrune({
    ...input,
    isApproved: ({ token }) => tokens.has(token),
  });
}

function problemOf(
  { resource, object }: Removal,
  { doing, error }: { doing: string; error: unknown },
): Problem {
  return {
    file: `${resource.kind} ${object.metadata.name}`,
    message: `Cannot ${doing} it, which left the repository: ${
      reasonOf(error)
    }`,
  };
}
