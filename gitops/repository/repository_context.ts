import type {
  Clock,
  EventRecorder,
  KubeClient,
  Logger,
} from "../../kube/mod.ts";
import type { Stage, StageObserver } from "../stage_observer.ts";

/** What is counted since the start. */
export interface RepositoryCounts {
  fetches: number;
  fetchFailures: number;
  syncs: number;
  syncFailures: number;
  created: number;
  updated: number;
  deleted: number;
  /** Objects that were suspended, to be deleted when their tombstone ends. */
  suspended: number;
  /** Objects that came back before. */
  restored: number;
}

/** What all that is done for Repositories shares. */
export interface RepositoryContext {
  /** The hub's own. */
  client: KubeClient;
  /** Tells what happens to Repositories. */
  events: EventRecorder;
  log: Logger;
  clock: Clock;
  stages?: StageObserver;
  counts: RepositoryCounts;
  /** Tells how a stage went that ends now. */
  observe: (
    stage: Stage,
    repository: string,
    of: { started: number; ok: boolean },
  ) => void;
  /** Does what may fail without harm, but has to have ended at the end. */
  inBackground: (work: Promise<void>) => void;
  signal: AbortSignal;
}
