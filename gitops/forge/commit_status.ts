import type { Repository } from "../../api/repository.ts";
import { getCondition } from "../../kube/mod.ts";
import type { CommitStatus } from "./forge.ts";

/** Reasons for which a commit itself is not applied. */
const FAILURES = new Set([
  "DecryptionFailed",
  "BuildFailed",
  "ManifestInvalid",
  "OwnershipConflict",
  "ApplyFailed",
  "WorkspaceNotReady",
]);
/** Reasons for which it is not applied yet. */
const PENDING: Record<string, string> = {
  Progressing: "Applying it",
  PruneNeedsApproval: "Waits for approval of what it removes",
};
/** Characters of a description that GitHub takes. */
const MAX = 140;
/** How long after a commit was applied devices are not counted yet, in milliseconds: what they are to run is being worked out. */
export const SETTLING = 3000;

/** What is to be told of a commit. */
export interface WantedStatus extends CommitStatus {
  /** Whether nothing more is expected to come. */
  settled: boolean;
  /** Milliseconds until there may be more to tell, though nothing changes. */
  again?: number;
}

/**
 * What a Repository's status says of its newest commit; nothing where it says
 * nothing of that, such as that it could not be fetched. Pure.
 *
 * @param now Milliseconds since 1970.
 */
export function commitStatus(
  { status }: Repository,
  now: number,
): WantedStatus | undefined {
  const commit = status?.observedCommit;
  const ready = getCondition(status?.conditions, "Ready");
  if (!commit || !ready) return undefined;
  const { reason } = ready;
  const settled = { commit, settled: true };
  const waiting = PENDING[reason];
  if (waiting !== undefined) {
    return { ...settled, state: "pending", description: waiting };
  }
  if (FAILURES.has(reason)) {
    const message = ready.message.replace(/; will try again$/, "");
    return { ...settled, state: "failure", description: shorten(message) };
  }
  if (reason !== "Succeeded" || status.appliedCommit !== commit) {
    return undefined;
  }
  const total = status.objects?.total ?? 0;
  const applied: WantedStatus = {
    ...settled,
    state: "success",
    description: `applied: ${number(total)} object${total === 1 ? "" : "s"}`,
  };
  const { devices } = status;
  if (!devices?.total) return applied;
  const left = Date.parse(status.lastAppliedTime ?? "") + SETTLING - now;
  if (left > 0) return { ...applied, again: left };
  return {
    commit,
    state: "success",
    description: `converged ${number(devices.converged)}/${
      number(devices.total)
    }, ${number(devices.offline)} offline`,
    settled: devices.converged === devices.total,
  };
}

function number(of: number): string {
  return of.toLocaleString("en-US");
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= MAX ? line : `${line.slice(0, MAX - 1)}…`;
}
