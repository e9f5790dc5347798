/**
 * GitOps: keeps what Git repositories say applied to a Kubernetes API.
 *
 * @module
 */
import { Repository } from "../api/repository.ts";
import {
  type Clock,
  createEventRecorder,
  createInformer,
  type KubeClient,
  type Logger,
  systemClock,
  type WorkspaceProvider,
} from "../kube/mod.ts";
import { type Counter, Counters } from "./counters.ts";
import { runForgeController } from "./forge/forge_controller.ts";
import { FORGE_REQUESTS } from "./forge/open_forge_of.ts";
import type { PlanPullRequest } from "./forge/plan_pull_request.ts";
import { runPullRequestController } from "./forge/pull_request_controller.ts";
import { NOTIFICATIONS, Notifier } from "./notify/notifier.ts";
import {
  type GitOpsStats,
  RepositoryController,
} from "./repository_controller.ts";

import type { StageObserver } from "./stage_observer.ts";

export { discoverOffline, resolveKinds } from "./manifest/resolve_kinds.ts";
export type { Discover, ResolvedManifest } from "./manifest/resolve_kinds.ts";
export { allProblems, loadTree } from "./manifest/load_tree.ts";
export type {
  Manifests,
  ManifestSet,
  WorkspaceManifests,
} from "./manifest/load_tree.ts";
export { partOf, selectPath } from "./manifest/layout.ts";
export { type Manifest, objectKey } from "./manifest/manifest.ts";
export {
  compareProblems,
  formatProblem,
  type Problem,
} from "./manifest/problem.ts";
export { type Plan, plan, type PlanInput } from "./plan/plan.ts";
export {
  readTree,
  type SourceFile,
  type SourceTree,
} from "./source/read_tree.ts";
export { readFolder } from "./source/read_folder.ts";
export {
  type WebhookOutcome,
  WebhookReceiver,
} from "./webhook/webhook_receiver.ts";
export type { PullRequestPlan } from "./forge/plan_pull_request.ts";
export { validateTree } from "./manifest/validate_tree.ts";
export type { StageObserver, StageResult } from "./stage_observer.ts";
export type { GitOpsStats } from "./repository_controller.ts";

/** Options of {@linkcode createGitOps}. */
export interface GitOpsOptions {
  /** The hub's own: it applies Workspaces and `root/`, and watches all. */
  client: KubeClient;
  provider: WorkspaceProvider;
  /** Where copies of repositories are kept: a cache, that may be deleted. */
  stateDir: string;
  /** Plans pull requests. @default none are looked at */
  plan?: PlanPullRequest;
  log: Logger;
  /** @default {systemClock} */
  clock?: Clock;
  /**
   * How often everything is compared again though nothing told of a change, in
   * milliseconds. @default {600000}
   */
  resyncInterval?: number;
  /** @default {Math.random} */
  random?: () => number;
  /** Gets word of each stage. @default nobody does */
  stages?: StageObserver;
  /** Ends it. */
  signal: AbortSignal;
}

/** The GitOps part of a hub. */
export interface GitOps {
  /** Works until the signal ends it; resolves when all has ended. */
  run(): Promise<void>;
  /** Asks for a fetch of a Repository now, as a webhook does. */
  requestSync(repository: string): void;
  /** Numbers since the start, for metrics. */
  readonly stats: GitOpsStats;
  /** Counts by labels since the start, for metrics. */
  counters(): Counter[];
}

/** Makes the GitOps part of a hub. */
export function createGitOps(options: GitOpsOptions): GitOps {
  const all = {
    clock: systemClock,
    resyncInterval: 10 * 60_000,
    random: Math.random,
    ...options,
  };
  const { client } = all;
  const counters = new Counters({
    [NOTIFICATIONS]: "Notifications by their kind and what became of them",
    [FORGE_REQUESTS]:
      "Requests to forges by their kind and the answer's status",
  });
  const recorder = createEventRecorder(client, {
    ...all,
    component: "faros-gitops",
  });
  const events = new Notifier({ ...all, events: recorder, counters });
  const controller = new RepositoryController({
    ...all,
    events,
    notify: (repository, of) => events.notify(repository, of),
  });
  return {
    async run() {
      const repositories = createInformer<Repository>(client, Repository, all);
      const common = { ...all, repositories, events, counters };
      await Promise.all([
        controller.run(),
        runForgeController(common),
        ...(all.plan
          ? [runPullRequestController({ ...common, plan: all.plan })]
          : []),
        repositories.done,
      ]);
      await events.flush();
    },
    requestSync: (repository) => controller.requestSync(repository),
    get stats() {
      return controller.stats;
    },
    counters: () => counters.list(),
  };
}
