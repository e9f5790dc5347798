import type { Repository } from "../../api/repository.ts";
import type { Workspace } from "../../api/workspace.ts";
import type {
  Clock,
  Informer,
  KubeClient,
  WorkspaceProvider,
} from "../../kube/mod.ts";
import type { Limiter } from "../apply/limiter.ts";
import type { Watched } from "../apply/plan_by_watch.ts";
import type { PrunePolicy } from "../apply/prune_set.ts";
import type { SyncSetOptions } from "../apply/sync_set.ts";
import type { SetObserver } from "../stage_observer.ts";
import type { AppliedSets } from "./applied_sets.ts";

/** Options of `syncRepository`. */
export interface SyncRepositoryOptions {
  repository: string;
  /** What becomes of what left the repository; it stays where this says nothing. */
  prune?: Omit<PrunePolicy, "whole" | "contentOf">;
  /** What becomes of changes behind the repository's back. */
  drift: Pick<Repository["spec"], "drift" | "driftRules">;
  /** Whether the Repository is being deleted, and all that it applied with it. */
  finalize?: boolean;
  /** Names of the other Repositories. */
  others: string[];
  /** Sync also what has not changed since it was applied. */
  force?: boolean;
  client: KubeClient;
  provider: WorkspaceProvider;
  workspaces: Informer<Workspace>;
  sets: AppliedSets;
  /** What a watch shows of what was applied. */
  watched: Watched;
  /** Lets so many objects be written at a time. */
  writes: Limiter;
  /** Gets word of what a set is about to write. @default nobody does */
  bulk?: SyncSetOptions["bulk"];
  clock: Clock;
  /** Gets word of the stages of each set. @default nobody does */
  observe?: SetObserver;
  signal: AbortSignal;
  /** Ends waiting, not working: a newer commit is there. */
  superseded: AbortSignal;
}
