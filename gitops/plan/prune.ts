/**
 * What of what left a repository is deleted, suspended, or waits for somebody's
 * approval.
 *
 * @module
 */
import type { z } from "zod";
import type { PendingPrune } from "../../api/repository.ts";
import { Workspace } from "../../api/workspace.ts";
import { contentHash } from "./content_hash.ts";
import { type PruneGuard, pruneGuard } from "./prune_guard.ts";
import type { LiveObject, Removal } from "./plan.ts";
import { deleteAfter, isAgent, isSuspended } from "./tombstone.ts";

/** Removals that wait for approval, as the status of a Repository tells them. */
export type HeldPrune = z.infer<typeof PendingPrune>;

/** Removals that are let go, or held, together. */
export interface PruneUnit {
  workspace?: string;
  removals: Removal[];
  /** What goes along with them: the content of a Workspace. */
  content: Removal[];
  /** What there is, of which they would go. */
  members: number;
  /** Agents among `members`. */
  agents: number;
  /** Whether all that there is would go. */
  whole?: boolean;
}

/** What {@linkcode decidePrune} goes by. */
export interface PruneInput {
  /** Members of the apply set that are not desired. */
  removals: readonly Removal[];
  /** All members that were live before, and those that came with the commit. */
  members: readonly LiveObject[];
  workspace?: string;
  setId: string;
  guard: PruneGuard;
  /** How long Agents are suspended first, in milliseconds. */
  tombstone: number;
  /** Content of the Workspaces among `removals`, by their keys. */
  content?: ReadonlyMap<string, Removal[]>;
  /** Why all of it has to wait, however little it is: there is no manifest left. */
  whole?: string;
  /** Whether somebody let removals go that the guard holds. */
  isApproved: (held: HeldPrune) => boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** What is to become of removals. */
export interface PruneDecision {
  delete: Removal[];
  /** To be marked, so that they are deleted when the tombstone ends. */
  suspend: Removal[];
  /** Marked already, with time left. */
  waiting: Removal[];
  /** When the first of `waiting` is to be looked at again, milliseconds since 1970. */
  due?: number;
  held: HeldPrune[];
  /** Those of `held` that were let go. */
  approved: HeldPrune[];
}

/** Decides what becomes of removals. Pure. */
export function decidePrune(input: PruneInput): PruneDecision {
  const { tombstone, now, guard, isApproved, content } = input;
  const decision: PruneDecision = {
    delete: [],
    suspend: [],
    waiting: [],
    held: [],
    approved: [],
  };
  const fresh: Removal[] = [];
  for (const removal of input.removals) {
    const due = deleteAfter(removal.object);
    if (due === undefined) fresh.push(removal);
    else if (due <= now) {
      if (hasGrown(removal, due, input)) fresh.push(removal);
      else decision.delete.push(removal);
    } else {
      decision.waiting.push(removal);
      decision.due = Math.min(due, decision.due ?? Infinity);
    }
  }
  for (const unit of unitsOf(fresh, input)) {
    const held = heldBack(unit, { ...input, guard });
    if (held) {
      if (!isApproved(held)) {
        decision.held.push(held);
        continue;
      }
      decision.approved.push(held);
    }
    for (const removal of unit.removals) {
      const device = isAgent(removal.resource) ||
        content?.get(removal.key)?.some((item) => isAgent(item.resource));
      if (device && tombstone > 0) decision.suspend.push(removal);
      else decision.delete.push(removal);
    }
  }
  return decision;
}

/** All that leaves a set goes together; but each Workspace by itself, with what is in it. */
function unitsOf(fresh: Removal[], input: PruneInput): PruneUnit[] {
  const { content, members, workspace } = input;
  if (content) {
    return fresh.map((removal) => {
      const inside = content.get(removal.key) ?? [];
      return {
        workspace: removal.object.metadata.name,
        removals: [removal],
        content: inside,
        members: inside.length + 1,
        agents: inside.filter((item) => isAgent(item.resource)).length,
        whole: inside.length > 0,
      };
    });
  }
  if (fresh.length === 0) return [];
  const remaining = members.filter((m) => !isSuspended(m.object));
  return [{
    workspace,
    removals: fresh,
    content: [],
    members: remaining.length,
    agents: remaining.filter((m) => isAgent(m.resource)).length,
  }];
}

/** Whether there is in a Workspace what was not there when it was suspended. */
function hasGrown(removal: Removal, due: number, input: PruneInput): boolean {
  return !!input.content?.get(removal.key)?.some(({ object }) =>
    Date.parse(object.metadata.creationTimestamp ?? "") > due - input.tombstone
  );
}

function heldBack(
  unit: PruneUnit,
  { guard, setId, whole }: PruneInput,
): HeldPrune | undefined {
  const all = [...unit.removals, ...unit.content];
  const why = pruneGuard({
    members: unit.members,
    removed: all.length,
    removedAgents: all.filter((item) => isAgent(item.resource)).length,
    agents: unit.agents,
    whole: unit.whole || whole !== undefined,
  }, guard);
  if (!why) return undefined;
  // Of a Workspace without anything in it nothing is lost.
  if (!unit.whole && whole === undefined && isWorkspace(unit)) return undefined;
  return {
    ...(unit.workspace ? { workspace: unit.workspace } : {}),
    token: pruneToken(setId, all),
    reason: whole ? `${why.message}; ${whole}` : why.message,
    objects: all.length,
    kinds: kindsOf(all),
  };
}

/** Stands for exactly these objects, each by its UID. */
export function pruneToken(
  setId: string,
  removals: readonly Removal[],
): string {
  const names = removals.map((r) => `${r.key} ${r.object.metadata.uid}`).sort();
  return contentHash(JSON.stringify([setId, ...names]), 16);
}

function isWorkspace({ removals }: PruneUnit): boolean {
  return removals.every((r) => r.resource.kind === Workspace.kind);
}

function kindsOf(removals: readonly Removal[]): HeldPrune["kinds"] {
  const groups = Map.groupBy(removals, (r) => r.resource.kind);
  return [...groups].map(([kind, items]) => ({
    kind,
    count: items.length,
    names: items.map((r) => r.object.metadata.name).sort().slice(0, 5),
  })).sort((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}

/** `25 Agents (press-1, press-2, …), 1 Network (mesh)` */
export function describePrune({ kinds }: Pick<HeldPrune, "kinds">): string {
  return kinds.map(({ kind, count, names }) =>
    `${count} ${kind}${count === 1 ? "" : "s"} (${names.join(", ")}${
      count > names.length ? ", …" : ""
    })`
  ).join(", ");
}
