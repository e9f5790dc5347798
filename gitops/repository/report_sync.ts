import type { Repository } from "../../api/repository.ts";
import type { Clock, EventRecorder, Logger } from "../../kube/mod.ts";
import { warningsOf } from "../manifest/load_tree.ts";
import { compareProblems, formatProblem } from "../manifest/problem.ts";
import type { StageObserver } from "../stage_observer.ts";
import { announcePrune } from "./announce.ts";
import type { RepositoryState } from "./repository_state.ts";
import {
  type Counts,
  heldOf,
  problemsOf,
  type SyncOutcome,
} from "./sync_outcome.ts";

/** Problems that become Events; the status counts the rest. */
const MAX_EVENTS = 5;

/** What a sync did, in numbers. */
export interface SyncReport extends Counts {
  suspended: number;
  restored: number;
  problems: number;
  /** Whether the commit had not been applied before. */
  news: boolean;
  /** Whether any object was written. */
  wrote: boolean;
}

/** Takes the outcome of a sync down in the state of its Repository, and tells of it: log, Events, metrics. */
export function reportSync(
  repository: Repository,
  of: {
    state: RepositoryState;
    outcome: SyncOutcome;
    /** Milliseconds since 1970. */
    started: number;
    events: EventRecorder;
    log: Logger;
    clock: Clock;
    stages?: StageObserver;
  },
): SyncReport {
  const { state, outcome, started, events, log, clock, stages } = of;
  const { facts, name } = state;
  const { parts, commit } = outcome;
  const problems = problemsOf(outcome);
  const held = heldOf(outcome);
  // Another process may have applied it before this one leads.
  const news = (facts.outcome?.commit ?? facts.appliedCommit) !== commit;
  const counts = countsOf(outcome);
  const { created, updated, deleted, unchanged } = counts;
  const wrote = created + updated + deleted > 0;
  facts.outcome = outcome;
  facts.warnings = [
    ...state.loaded ? warningsOf(state.loaded.manifests) : [],
    ...parts.flatMap((part) => part.warnings ?? []),
  ].sort(compareProblems);
  stages?.objects(name, counts);
  announcePrune(repository, { state, outcome, events });
  const isWhole = problems.length === 0 && held.length === 0;
  if (isWhole && (news || facts.appliedCommit !== commit)) {
    facts.appliedCommit = commit;
    facts.appliedAt = clock.now();
    events.event(repository, {
      reason: "Succeeded",
      message:
        `Applied commit ${commit}: ${created} created, ${updated} updated, ${deleted} deleted, ${unchanged} unchanged`,
    });
  }
  for (const warning of news ? facts.warnings.slice(0, MAX_EVENTS) : []) {
    events.event(repository, {
      type: "Warning",
      reason: "ManifestWarning",
      message: formatProblem(warning),
    });
  }
  for (const part of parts) {
    for (const problem of part.problems.slice(0, MAX_EVENTS)) {
      events.event(repository, {
        type: "Warning",
        reason: part.reason ?? "ApplyFailed",
        message: formatProblem(problem),
      });
    }
  }
  log[problems.length ? "warn" : news || wrote ? "info" : "debug"](
    problems.length ? "Cannot apply all of a commit" : "Applied a commit",
    {
      repository: name,
      commit,
      created,
      updated,
      deleted,
      unchanged,
      suspended: counts.suspended || undefined,
      waiting: held.length || undefined,
      problems: problems.length || undefined,
      first: problems[0] && formatProblem(problems[0]),
      milliseconds: clock.now() - started,
    },
  );
  return { ...counts, problems: problems.length, news, wrote };
}

function countsOf({ parts }: SyncOutcome) {
  const sum = (of: (part: SyncOutcome["parts"][number]) => number) =>
    parts.reduce((n, part) => n + of(part), 0);
  return {
    created: sum((part) => part.created),
    updated: sum((part) => part.updated),
    deleted: sum((part) => part.deleted),
    unchanged: sum((part) => part.unchanged),
    suspended: sum((part) => part.suspended?.length ?? 0),
    restored: sum((part) => part.restored?.length ?? 0),
  };
}
