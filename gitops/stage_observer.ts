/** A part of the way from a commit to the API, in this order; `sync` is all from `load` on, `drift` what is put back afterwards. */
export type Stage =
  | "fetch"
  | "load"
  | "plan"
  | "apply"
  | "prune"
  | "sync"
  | "drift";

/** What becomes of objects. */
export type ObjectChange =
  | "created"
  | "updated"
  | "deleted"
  | "unchanged"
  | "suspended"
  | "restored";

/** How a stage went. */
export interface StageResult {
  repository: string;
  stage: Stage;
  milliseconds: number;
  /** Whether all of it could be done. */
  ok: boolean;
}

/** Gets word of what GitOps does, for metrics. */
export interface StageObserver {
  /** Of plan, apply and prune once for each apply set that they work on. */
  stage(result: StageResult): void;
  /** Objects of a sync. */
  objects(repository: string, counts: Record<ObjectChange, number>): void;
  /** A Repository is no more. */
  forget(repository: string): void;
}

/** Tells how a stage of one set went. */
export type SetObserver = (
  stage: "plan" | "apply" | "prune",
  of: { started: number; ok: boolean },
) => void;
