import type { KubeObject } from "../api/meta.ts";
import type { Repository } from "../api/repository.ts";
import { Repository as RepositoryKind } from "../api/repository.ts";
import {
  APPROVE_ANNOTATION,
  FETCH_REQUESTED_ANNOTATION,
  REQUESTED_AT_ANNOTATION,
} from "../api/names.ts";
import { Workspace } from "../api/workspace.ts";
import {
  type Clock,
  createInformer,
  type EventNote,
  type EventRecorder,
  type Informer,
  type Key,
  type KubeClient,
  type Logger,
  type Result,
  runController,
  type WorkspaceProvider,
} from "../kube/mod.ts";
import { DriftCorrector } from "./drift/drift_corrector.ts";
import { driftSummary } from "./drift/drift_summary.ts";
import { AppliedSets } from "./repository/applied_sets.ts";
import { FetchRetry } from "./repository/fetch_retry.ts";
import { InputWatcher } from "./repository/input_watcher.ts";
import { RefWatchers } from "./repository/ref_watchers.ts";
import type {
  RepositoryContext,
  RepositoryCounts,
} from "./repository/repository_context.ts";
import { RepositoryFetcher } from "./repository/repository_fetcher.ts";
import {
  newRepositoryState,
  type RepositoryState,
} from "./repository/repository_state.ts";
import { RepositorySyncer } from "./repository/repository_syncer.ts";
import { StatusWriter } from "./repository/status_writer.ts";
import { removeLeftCredentials } from "./source/source.ts";
import type { Stage, StageObserver } from "./stage_observer.ts";

/** Options of {@linkcode RepositoryController}. */
export interface RepositoryControllerOptions {
  /** The hub's own. */
  client: KubeClient;
  provider: WorkspaceProvider;
  /** Where mirrors are kept: a cache. */
  stateDir: string;
  /** Tells what happens to Repositories. */
  events: EventRecorder;
  /** Told of Events of objects that a Repository applied. @default nobody is */
  notify?: (
    repository: Repository,
    of: { object: KubeObject; note: EventNote },
  ) => void;
  log: Logger;
  clock: Clock;
  /**
   * How often everything is looked at again, though nothing told of a change,
   * in milliseconds.
   */
  resyncInterval: number;
  random: () => number;
  /** Gets word of each stage. @default nobody does */
  stages?: StageObserver;
  signal: AbortSignal;
}

/** Numbers since the start. */
export interface GitOpsStats extends RepositoryCounts {
  driftCorrected: number;
  driftReported: number;
}

/** A longest time of one sync, in milliseconds: a hang ends some day. */
const SYNC_TIMEOUT = 60 * 60_000;

/**
 * Keeps what Repositories ask for applied. Two work queues: one fetches, the
 * other applies the newest of what was fetched, so that a new commit comes in
 * while an old one is being applied, or waits, or fails.
 */
export class RepositoryController {
  readonly #options: RepositoryControllerOptions;
  readonly #events: EventRecorder;
  readonly #repositories: Informer<Repository>;
  readonly #workspaces: Informer<Workspace>;
  readonly #sets = new AppliedSets();
  readonly #states = new Map<string, RepositoryState>();
  readonly #drift: DriftCorrector;
  readonly #inputs: InputWatcher;
  readonly #refs: RefWatchers;
  readonly #counts: RepositoryCounts = {
    fetches: 0,
    fetchFailures: 0,
    syncs: 0,
    syncFailures: 0,
    created: 0,
    updated: 0,
    deleted: 0,
    suspended: 0,
    restored: 0,
  };
  readonly #fetcher: RepositoryFetcher;
  readonly #syncer: RepositorySyncer;
  readonly #background = new Set<Promise<void>>();
  #fetchSoon: (key: Key) => void = () => {};
  #syncSoon: (key: Key) => void = () => {};

  constructor(options: RepositoryControllerOptions) {
    this.#options = options;
    const { client, log, clock, signal } = options;
    this.#events = options.events;
    this.#repositories = createInformer<Repository>(client, RepositoryKind, {
      log,
      clock,
      signal,
    });
    this.#workspaces = createInformer<Workspace>(client, Workspace, {
      log,
      clock,
      signal,
    });
    this.#inputs = new InputWatcher({
      client,
      changed: (name) => this.#syncSoon({ name }),
      log,
      clock,
      signal,
    });
    this.#refs = new RefWatchers({
      changed: (name) => {
        this.#states.get(name)?.retry.hurry();
        this.#fetchSoon({ name });
      },
      background: (work) => this.#inBackground(work),
      clock,
      signal,
    });
    this.#drift = new DriftCorrector({
      client,
      provider: options.provider,
      sets: this.#sets,
      note: (set, object, note) => {
        this.#events.event(object, note);
        const repository = this.#repositories.get(
          undefined,
          set.set.repository,
        );
        if (repository) options.notify?.(repository, { object, note });
      },
      log,
      clock,
      signal,
      observe: (repository, of) => this.#observe("drift", repository, of),
      isActive: (set) => this.#isActive(set.set.repository, set.workspace),
      onCorrected: (set, object) => {
        // All that was in it is gone with the old one.
        if (object.kind === Workspace.kind) {
          this.#syncSoon({ name: set.set.repository });
        }
      },
      onReported: (set) =>
        this.#states.get(set.set.repository)?.status.update(),
      // A sync says so, and whose it is.
      onTaken: (set) => {
        set.fingerprint = undefined;
        this.#syncSoon({ name: set.set.repository });
      },
    });
    const context: RepositoryControllerOptions & RepositoryContext = {
      ...options,
      counts: this.#counts,
      observe: (stage, repository, of) => this.#observe(stage, repository, of),
      inBackground: (work) => this.#inBackground(work),
    };
    this.#fetcher = new RepositoryFetcher({
      ...context,
      refs: this.#refs,
      inputs: this.#inputs,
      syncSoon: (name) => this.#syncSoon({ name }),
    });
    this.#syncer = new RepositorySyncer({
      ...context,
      repositories: this.#repositories,
      workspaces: this.#workspaces,
      sets: this.#sets,
      drift: this.#drift,
    });
  }

  get stats(): GitOpsStats {
    const { corrected, reported } = this.#drift;
    return {
      ...this.#counts,
      driftCorrected: corrected,
      driftReported: reported,
    };
  }

  /** Works until its signal ends it. */
  async run(): Promise<void> {
    const { log, clock, signal } = this.#options;
    await removeLeftCredentials(this.#options.stateDir);
    await Promise.all([
      runController({
        name: "repository-fetch",
        reconcile: (key, { signal }) => this.#fetch(key.name, signal),
        sources: [
          { informer: this.#repositories, filter: isRequest },
          { start: (enqueue) => this.#fetchSoon = enqueue },
        ],
        concurrency: 4,
        timeout: SYNC_TIMEOUT,
        log,
        clock,
        signal,
      }),
      runController({
        name: "repository-sync",
        reconcile: (key, { signal }) => this.#sync(key.name, signal),
        sources: [
          {
            informer: this.#workspaces,
            keys: (workspace) => this.#waitingFor(workspace),
          },
          { start: (enqueue) => this.#syncSoon = enqueue },
        ],
        concurrency: 4,
        timeout: SYNC_TIMEOUT,
        log,
        clock,
        signal,
      }),
      this.#drift.run(),
      this.#repositories.done,
      this.#workspaces.done,
    ]);
    await Promise.all([...this.#states.values()].map((s) => s.status.flush()));
    await Promise.all(this.#background);
    await this.#inputs.done();
    await this.#events.flush();
  }

  /** Asks for a fetch now, and a look at everything. */
  requestSync(repository: string): void {
    const state = this.#states.get(repository);
    if (state) state.force = true;
    state?.retry.hurry();
    this.#fetchSoon({ name: repository });
  }

  async #fetch(name: string, signal: AbortSignal): Promise<Result> {
    const repository = this.#repositories.get(undefined, name);
    if (!repository) return this.#forget(name);
    const state = this.#state(repository);
    return await this.#fetcher.fetch(repository, { state, signal });
  }

  async #sync(name: string, signal: AbortSignal): Promise<Result> {
    const repository = this.#repositories.get(undefined, name);
    if (!repository) return;
    const of = { state: this.#state(repository), signal };
    return repository.metadata.deletionTimestamp
      ? await this.#syncer.finalize(repository, of)
      : await this.#syncer.sync(repository, of);
  }

  /** Tells how a stage went that ends now. */
  #observe(
    stage: Stage,
    repository: string,
    { started, ok }: { started: number; ok: boolean },
  ): void {
    const { stages, clock } = this.#options;
    const milliseconds = clock.now() - started;
    stages?.stage({ repository, stage, milliseconds, ok });
  }

  #state(repository: Repository): RepositoryState {
    const { name } = repository.metadata;
    let state = this.#states.get(name);
    if (state) return state;
    const { client, clock, log, signal } = this.#options;
    state = newRepositoryState(name, {
      retry: new FetchRetry({
        now: () => clock.now(),
        random: this.#options.random,
      }),
      status: (of) =>
        new StatusWriter({
          client,
          repository: name,
          facts: () => ({
            ...of().facts,
            drift: driftSummary(this.#sets.list(name)),
          }),
          clock,
          signal,
          onError: (error) =>
            log.warn("Cannot write the status of a Repository", {
              repository: name,
              error,
            }),
        }),
    });
    const { status } = repository;
    const time = (text?: string) => text ? Date.parse(text) : undefined;
    // Until there is news, what was reported before the start holds.
    Object.assign(state.facts, {
      observedCommit: status?.observedCommit,
      observedRef: status?.observedRef,
      fetchedAt: time(status?.lastFetchTime),
      appliedCommit: status?.appliedCommit,
      appliedAt: time(status?.lastAppliedTime),
      handledRequest: status?.lastHandledReconcileAt,
    });
    const { annotations } = repository.metadata;
    state.requestedAt = annotations?.[REQUESTED_AT_ANNOTATION];
    state.approved = annotations?.[APPROVE_ANNOTATION];
    state.lookedAt = clock.now();
    this.#states.set(name, state);
    return state;
  }

  /** Deleting a Repository deletes none of what it applied. */
  #forget(name: string): void {
    const state = this.#states.get(name);
    if (!state) return;
    this.#states.delete(name);
    this.#options.stages?.forget(name);
    state.stop.abort();
    state.superseded.abort();
    this.#refs.leave(name);
    this.#inputs.follow(name, []);
    for (const set of this.#sets.list(name)) this.#sets.drop(set);
    const mirror = state.fetched?.mirror;
    if (mirror) this.#inBackground(mirror.reset());
  }

  #isActive(repository: string, workspace?: string): boolean {
    const state = this.#states.get(repository);
    if (!state || state.facts.suspended) return false;
    const { spec, metadata } = this.#repositories.get(undefined, repository) ??
      {};
    if (spec?.suspend || metadata?.deletionTimestamp) return false;
    if (workspace === undefined) return true;
    const object = this.#workspaces.get(undefined, workspace);
    if (object && !object.metadata.deletionTimestamp) return true;
    // Its content goes with it; when it is back, all of it is synced.
    for (const set of this.#sets.list(repository)) {
      if (set.workspace === workspace) set.fingerprint = undefined;
    }
    return false;
  }

  /** Repositories of which a workspace is not, or no longer, as it ought to be. */
  #waitingFor(workspace: Workspace): Key[] {
    const { name, uid } = workspace.metadata;
    return [...this.#states.values()].filter((state) => {
      if (!state.loaded?.manifests.workspaces.has(name)) return false;
      const part = state.facts.outcome?.parts.find((p) => p.workspace === name);
      if (part?.reason === "WorkspaceNotReady") return true;
      return this.#sets.list(state.name).some((set) =>
        set.workspace === name && set.workspaceUid !== undefined &&
        set.workspaceUid !== uid
      );
    }).map((state) => ({ name: state.name }));
  }

  /** What may fail without harm, but has to have ended at the end. */
  #inBackground(work: Promise<void>): void {
    const done = work.catch((error) => {
      if (this.#options.signal.aborted) return;
      this.#options.log.debug("Work in the background failed", { error });
    }).finally(() => this.#background.delete(done));
    this.#background.add(done);
  }
}

/** Whether an event asks for something, rather than being our own status. */
function isRequest(
  event: { type: string; object: Repository; old?: Repository },
): boolean {
  const { object, old } = event;
  if (event.type !== "updated" || !old) return true;
  return object.metadata.generation !== old.metadata.generation ||
    object.metadata.uid !== old.metadata.uid ||
    object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    [
      REQUESTED_AT_ANNOTATION,
      FETCH_REQUESTED_ANNOTATION,
      APPROVE_ANNOTATION,
    ].some((name) =>
      object.metadata.annotations?.[name] !== old.metadata.annotations?.[name]
    );
}
