import type { Condition } from "../../api/meta.ts";
import type { Repository } from "../../api/repository.ts";
import {
  getCondition,
  markReady,
  markReconciling,
  markStalled,
  removeCondition,
  setCondition,
} from "../../kube/mod.ts";
import { formatProblem, type Problem } from "../manifest/problem.ts";
import type { SourceReason } from "../source/source_error.ts";
import type { Verification } from "../source/verify.ts";
import { describeDrift, type DriftStatus } from "../drift/drift_summary.ts";
import { describePrune, type HeldPrune } from "../plan/prune.ts";
import { firstProblem } from "./first_problem.ts";
import { heldOf, problemsOf, type SyncOutcome } from "./sync_outcome.ts";
import { workspaceStatus } from "./workspace_status.ts";

/** `status` of a Repository. */
export type RepositoryStatus = NonNullable<Repository["status"]>;

/** Most removals that wait for approval and are told one by one. */
const PENDING = 100;

/** What is known of a Repository; its status says nothing else. */
export interface RepositoryFacts {
  /** Its name. */
  repository: string;
  generation?: number;
  observedCommit?: string;
  /** When `observedCommit` was fetched, milliseconds since 1970. */
  fetchedAt?: number;
  /** Ref that it was found by. */
  observedRef?: string;
  /** Who signed it, where that is asked for. */
  verified?: Verification;
  /** Why the last attempt to fetch failed. */
  fetchError?: {
    reason: SourceReason;
    message: string;
    /** Whether it is no use to fetch again before somebody changes something. */
    stalled: boolean;
  };
  suspended: boolean;
  /** Whether a commit is being applied right now. */
  syncing: boolean;
  outcome?: SyncOutcome;
  appliedCommit?: string;
  appliedAt?: number;
  /** Value of the annotation that asked for what was done last. */
  handledRequest?: string;
  /** What was found in the commit that somebody should look at. */
  warnings?: Problem[];
  /** Differences that are reported only. */
  drift?: DriftStatus;
}

/** Warnings that the status tells one by one. */
const MOST_WARNINGS = 10;

/** Makes the status of a Repository. Pure. */
export function repositoryStatus(
  facts: RepositoryFacts,
  options: { conditions?: Condition[]; now: number },
): RepositoryStatus {
  const { outcome } = facts;
  const problems = outcome ? problemsOf(outcome) : [];
  const time = (at?: number) =>
    at === undefined ? undefined : new Date(at).toISOString();
  const sum = (field: "created" | "updated" | "deleted" | "unchanged") =>
    outcome?.parts.reduce((n, part) => n + part[field], 0) ?? 0;
  return prune({
    observedGeneration: facts.generation,
    observedCommit: facts.observedCommit,
    observedRef: facts.observedRef,
    appliedCommit: facts.appliedCommit,
    lastFetchTime: time(facts.fetchedAt),
    lastAppliedTime: time(facts.appliedAt),
    lastHandledReconcileAt: facts.handledRequest,
    objects: outcome && {
      total: outcome.parts.reduce((n, part) => n + part.total, 0),
      created: sum("created"),
      updated: sum("updated"),
      deleted: sum("deleted"),
      unchanged: sum("unchanged"),
      suspended: outcome.parts.reduce((n, part) => n + (part.waiting ?? 0), 0),
    },
    pendingPrunes: outcome && heldOf(outcome).length
      ? heldOf(outcome).slice(0, PENDING)
      : undefined,
    drift: facts.drift,
    ...(outcome ? workspaceStatus(outcome) : {}),
    lastError: facts.fetchError
      ? { message: facts.fetchError.message }
      : problems.length
      ? firstProblem(problems)
      : undefined,
    conditions: withDrift(
      withVerification(conditionsOf(facts, options), {
        facts,
        now: options.now,
      }),
      facts,
      options.now,
    ),
    warnings: facts.warnings?.length
      ? facts.warnings.slice(0, MOST_WARNINGS).map((w) => firstProblem([w]))
      : undefined,
  });
}

/** `Drifted` stands while something differs and is not put back. */
function withDrift(
  conditions: Condition[],
  { drift, generation }: RepositoryFacts,
  now: number,
): Condition[] {
  if (!drift) return removeCondition(conditions, "Drifted");
  return setCondition(conditions, {
    type: "Drifted",
    status: "True",
    reason: "DriftReported",
    message: describeDrift(drift).slice(0, 4096),
    observedGeneration: generation,
  }, now);
}

function conditionsOf(
  facts: RepositoryFacts,
  options: { conditions?: Condition[]; now: number },
): Condition[] {
  const { conditions = [], now } = options;
  const { generation, outcome } = facts;
  const mark = (reason: string, message: string) => ({
    reason,
    message: message.slice(0, 4096),
    observedGeneration: generation,
  });
  const short = (commit?: string) => commit?.slice(0, 12) ?? "none";
  if (facts.suspended) {
    const status = getCondition(conditions, "Ready")?.status ?? "Unknown";
    return setCondition(
      removeCondition(conditions, "Reconciling", "Stalled"),
      {
        type: "Ready",
        status,
        ...mark(
          "Suspended",
          `Suspended: nothing is fetched, applied or put back; ${
            facts.appliedCommit
              ? `commit ${short(facts.appliedCommit)} stays`
              : "nothing was applied so far"
          }`,
        ),
      },
      now,
    );
  }
  if (facts.fetchError) {
    const { reason, message, stalled } = facts.fetchError;
    return stalled
      ? markStalled(conditions, mark(reason, message), now)
      : markReconciling(
        conditions,
        mark(reason, `${message}; will try again`),
        now,
      );
  }
  if (!outcome || (facts.syncing && outcome.commit !== facts.observedCommit)) {
    return markReconciling(conditions, {
      ...mark(
        "Progressing",
        facts.observedCommit
          ? `Applying commit ${short(facts.observedCommit)}`
          : "Looking for the first commit",
      ),
      ready: "Unknown",
    }, now);
  }
  const problems = problemsOf(outcome);
  const held = heldOf(outcome);
  if (problems.length === 0 && held.length > 0) {
    return markStalled(
      conditions,
      mark(
        "PruneNeedsApproval",
        heldMessage(held, { ...facts, commit: outcome.commit }),
      ),
      now,
    );
  }
  if (problems.length === 0) {
    const total = outcome.parts.reduce((n, part) => n + part.total, 0);
    return markReady(
      conditions,
      mark(
        "Succeeded",
        `Applied commit ${short(outcome.commit)}: ${total} objects`,
      ),
      now,
    );
  }
  const failed = outcome.parts.filter((part) => part.problems.length);
  const reason = [
    "DecryptionFailed",
    "BuildFailed",
    "ManifestInvalid",
    "OwnershipConflict",
    "ApplyFailed",
    "WorkspaceNotReady",
  ].find((r) => failed.some((part) => part.reason === r)) ?? "ApplyFailed";
  const message = held.length
    ? `${summary(problems)}; ${
      heldMessage(held, { ...facts, commit: outcome.commit })
    }`
    : summary(problems);
  return failed.some((part) => part.retry)
    ? markReconciling(
      conditions,
      mark(reason, `${message}; will try again`),
      now,
    )
    : markStalled(conditions, mark(reason, message), now);
}

/** Says of what was fetched last whether it is signed as was asked for. */
function withVerification(
  conditions: Condition[],
  of: { facts: RepositoryFacts; now: number },
): Condition[] {
  const { generation, verified, fetchError, suspended } = of.facts;
  const type = "SourceVerified";
  const failed = fetchError?.reason === "VerificationFailed";
  if (!verified && !failed) {
    // While it is suspended, what was said before holds.
    return suspended ? conditions : removeCondition(conditions, type);
  }
  return setCondition(conditions, {
    type,
    status: failed ? "False" : "True",
    reason: failed ? fetchError.reason : "Succeeded",
    message: failed ? fetchError.message : verified!.message,
    observedGeneration: generation,
  }, of.now);
}

/** The first problem, and how many more there are. */
export function summary(problems: Problem[]): string {
  const first = problems[0] ? formatProblem(problems[0]) : "";
  return problems.length > 1
    ? `${first} (and ${problems.length - 1} more)`
    : first;
}

/** What waits for approval, and how to give it. */
export function heldMessage(
  held: HeldPrune[],
  { commit, repository }: { commit: string; repository: string },
): string {
  const [first] = held;
  const where = first!.workspace ? `workspace ${first!.workspace}` : "root/";
  const more = held.length > 1
    ? `, and in ${held.length - 1} more place${held.length > 2 ? "s" : ""}`
    : "";
  return `Commit ${commit.slice(0, 12)} removes ${
    describePrune(first!)
  } of ${where}${more}, which waits for approval: ${
    first!.reason
  }. To let it go: kubectl faros repository approve ${repository}`;
}

function prune<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, v]) => v !== undefined),
  ) as T;
}
