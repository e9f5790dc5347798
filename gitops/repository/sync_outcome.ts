import type { KubeObject } from "../../api/meta.ts";
import type { Problem } from "../manifest/problem.ts";
import type { HeldPrune } from "../plan/prune.ts";

/** Counts of objects. */
export interface Counts {
  created: number;
  updated: number;
  deleted: number;
  unchanged: number;
}

/** What became of one part of a commit. */
export interface PartOutcome extends Counts {
  /** Name of the workspace; none for the hub's own objects. */
  workspace?: string;
  problems: Problem[];
  /** What is applied all the same, and somebody should look at. */
  warnings?: Problem[];
  /** Why, for the condition, where there are problems. */
  reason?:
    | "ManifestInvalid"
    | "DecryptionFailed"
    | "BuildFailed"
    | "OwnershipConflict"
    | "ApplyFailed"
    | "WorkspaceNotReady";
  /** Whether trying again may help, without a new commit. */
  retry?: boolean;
  /** Objects that are applied. */
  total: number;
  /** Commit of which all of it is applied. */
  commit?: string;
  /** Removals that wait for approval. */
  held?: HeldPrune[];
  /** Agents and Workspaces that were suspended just now, and will be deleted. */
  suspended?: KubeObject[];
  /** Those that are back. */
  restored?: KubeObject[];
  /** How many are suspended in all. */
  waiting?: number;
  /** When the first of them is to be deleted, milliseconds since 1970. */
  due?: number;
}

/** What became of a commit. */
export interface SyncOutcome {
  commit: string;
  /** Milliseconds since 1970 at its end. */
  at: number;
  parts: PartOutcome[];
}

export const noCounts: Counts = {
  created: 0,
  updated: 0,
  deleted: 0,
  unchanged: 0,
};

/** All problems of an outcome. */
export function problemsOf(outcome: SyncOutcome): Problem[] {
  return outcome.parts.flatMap((part) => part.problems);
}

/** Why manifests are not applied: the first cause that has a name of its own. */
export function invalidReason(
  problems: Problem[],
): NonNullable<PartOutcome["reason"]> {
  return problems.find((problem) => problem.reason)?.reason ??
    "ManifestInvalid";
}

/** All removals of an outcome that wait for approval. */
export function heldOf(outcome: SyncOutcome): HeldPrune[] {
  return outcome.parts.flatMap((part) => part.held ?? []);
}

/** What is to be tried again, and why it failed. */
export function failed(reason: NonNullable<PartOutcome["reason"]>) {
  return { reason, retry: true };
}

/** Whether trying again may help, though nothing in the manifests changes. */
export function mayPass(problems: Problem[]): boolean {
  return problems.some((problem) => problem.retry);
}
