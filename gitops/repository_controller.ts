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
  LinkedSignal,
  type Logger,
  type Result,
  runController,
  type WorkspaceProvider,
} from "../kube/mod.ts";
import { Limiter } from "./apply/limiter.ts";
import { DriftCorrector } from "./drift/drift_corrector.ts";
import { driftSummary } from "./drift/drift_summary.ts";
import { allProblems, type Manifests } from "./manifest/load_tree.ts";
import { announcePrune } from "./repository/announce.ts";
import { AppliedSets } from "./repository/applied_sets.ts";
import { logCommit } from "./repository/commit_log.ts";
import { parseDuration } from "./repository/duration.ts";
import {
  fetchRepository,
  secretVersions,
} from "./repository/fetch_repository.ts";
import { FetchRetry } from "./repository/fetch_retry.ts";
import { InputWatcher } from "./repository/input_watcher.ts";
import { loadRepository } from "./repository/load_repository.ts";
import { inputReferences } from "./repository/manifest_inputs.ts";
import { deletesAll, isHeld, setFinalizer } from "./repository/finalizer.ts";
import { prunePolicy } from "./repository/prune_policy.ts";
import { RefWatchers } from "./repository/ref_watchers.ts";
import { reportSync } from "./repository/report_sync.ts";
import {
  newRepositoryState,
  type RepositoryState,
} from "./repository/repository_state.ts";
import { StatusWriter } from "./repository/status_writer.ts";
import {
  heldOf,
  problemsOf,
  type SyncOutcome,
} from "./repository/sync_outcome.ts";
import {
  Superseded,
  syncRepository,
  type SyncRepositoryOptions,
} from "./repository/sync_repository.ts";
import { commitInfo } from "./source/commit_info.ts";
import { removeLeftCredentials } from "./source/source.ts";
import { SourceError } from "./source/source_error.ts";
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
export interface GitOpsStats {
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
  driftCorrected: number;
  driftReported: number;
}

/** A longest time of one sync, in milliseconds: a hang ends some day. */
const SYNC_TIMEOUT = 60 * 60_000;
/**
 * Objects that are written at a time, of all Repositories: so many keep an API
 * server busy, and leave room on the connection that all else shares (HTTP/2
 * takes 100 requests at a time as a rule).
 */
const WRITES = 32;
/** A longest wait for what is due later, in milliseconds: timers take no more than 24 days. */
const LONGEST_WAIT = 24 * 60 * 60_000;
/** What is counted of each sync. */
const COUNTED = [
  "created",
  "updated",
  "deleted",
  "suspended",
  "restored",
] as const;

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
  readonly #writes = new Limiter(WRITES);
  readonly #states = new Map<string, RepositoryState>();
  readonly #drift: DriftCorrector;
  readonly #inputs: InputWatcher;
  readonly #refs: RefWatchers;
  readonly #stats = {
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
  }

  get stats(): GitOpsStats {
    const { corrected, reported } = this.#drift;
    return {
      ...this.#stats,
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
    const { facts } = state;
    const { clock, log } = this.#options;
    const changed = facts.generation !== repository.metadata.generation;
    facts.generation = repository.metadata.generation;
    const wasSuspended = facts.suspended;
    facts.suspended = repository.spec.suspend ?? false;
    if (repository.metadata.deletionTimestamp) {
      state.superseded.abort();
      return this.#syncSoon({ name });
    }
    await setFinalizer(repository, {
      to: repository.spec.deletionPolicy === "Delete",
      client: this.#options.client,
      signal,
    });
    if (facts.suspended) {
      state.superseded.abort();
      this.#refs.leave(name);
      if (!wasSuspended || changed) state.status.update();
      return;
    }
    this.#refs.follow(name, repository.spec.url);
    this.#inputs.follow(name, inputReferences(repository));
    const { annotations } = repository.metadata;
    const requestedAt = annotations?.[REQUESTED_AT_ANNOTATION];
    const approved = annotations?.[APPROVE_ANNOTATION];
    if (
      changed || wasSuspended || requestedAt !== state.requestedAt ||
      approved !== state.approved
    ) {
      state.requestedAt = requestedAt;
      state.approved = approved;
      state.force = true;
      state.retry.hurry();
    }
    const fetchRequestedAt = repository.metadata.annotations
      ?.[FETCH_REQUESTED_ANNOTATION];
    if (fetchRequestedAt !== state.fetchRequestedAt) {
      state.fetchRequestedAt = fetchRequestedAt;
      state.retry.hurry();
    }
    const secrets = () =>
      secretVersions(repository, { client: this.#options.client, signal });
    const wait = await state.retry.wait(secrets);
    if (wait !== undefined) return { requeueAfter: wait };
    // Before they are read: what changes meanwhile is read again.
    const versions = await secrets();
    const before = state.fetched;
    const hadFailed = facts.fetchError !== undefined;
    const started = clock.now();
    try {
      state.fetched = await fetchRepository(repository, {
        client: this.#options.client,
        stateDir: this.#options.stateDir,
        previous: before,
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw error;
      this.#observe("fetch", name, { started, ok: false });
      return this.#fetchFailed(repository, { state, error, versions });
    }
    this.#observe("fetch", name, { started, ok: true });
    this.#stats.fetches++;
    facts.fetchError = undefined;
    facts.verified = state.fetched.verification;
    state.fetchedFor = facts.generation;
    state.retry.succeeded();
    if (state.fetched !== before) {
      const { commit } = state.fetched.tree;
      if (facts.observedCommit !== commit) facts.fetchedAt = clock.now();
      facts.observedCommit = commit;
      facts.observedRef = state.fetched.tip.ref;
      log.info("Fetched a commit", {
        repository: name,
        commit,
        milliseconds: clock.now() - started,
        files: state.fetched.tree.files.length,
      });
    }
    if (clock.now() - state.lookedAt > this.#options.resyncInterval) {
      state.force = true;
    }
    if (state.fetched !== before || state.force) {
      // A sync that waits or fails makes way.
      state.superseded.abort();
      state.syncBackoff.reset();
      this.#syncSoon({ name });
    } else if (hadFailed) state.status.update();
    return this.#nextPoll(repository);
  }

  #nextPoll({ spec }: Repository): Result {
    const interval = parseDuration(spec.interval ?? "1m");
    const { random } = this.#options;
    // A tenth by chance, so that many don't ask at the same moment.
    return { requeueAfter: Math.max(100, interval * (0.95 + random() * 0.1)) };
  }

  #fetchFailed(
    repository: Repository,
    of: { state: RepositoryState; error: unknown; versions: string },
  ): Result {
    const { state, error, versions } = of;
    const { log } = this.#options;
    const { facts } = state;
    this.#stats.fetchFailures++;
    state.facts.handledRequest = state.requestedAt;
    const message = error instanceof Error ? error.message : String(error);
    // What else may fail is the API, which comes back.
    const reason = error instanceof SourceError ? error.reason : "FetchFailed";
    if (reason === "VerificationFailed") {
      facts.verified = undefined;
      // What was fetched for another way to verify may not be verified.
      if (state.fetchedFor !== facts.generation) {
        state.fetched = undefined;
        state.superseded.abort();
      }
    }
    log.warn("Cannot fetch a repository", {
      repository: state.name,
      reason,
      error: message,
      failures: state.retry.failures + 1,
    });
    if (facts.fetchError?.message !== message) {
      this.#events.event(repository, { type: "Warning", reason, message });
    }
    const stalled = error instanceof SourceError && error.stalled;
    facts.fetchError = { reason, message, stalled };
    state.status.update();
    if (error instanceof SourceError && error.mendedByPush) {
      state.retry.succeeded();
      return this.#nextPoll(repository);
    }
    return { requeueAfter: state.retry.failed(versions) };
  }

  async #sync(name: string, signal: AbortSignal): Promise<Result> {
    const state = this.#states.get(name);
    const repository = this.#repositories.get(undefined, name);
    if (repository?.metadata.deletionTimestamp) {
      return await this.#finalize(repository, signal);
    }
    if (!state?.fetched || !repository || state.facts.suspended) return;
    // Fetched before anybody asked for a signature.
    if (repository.spec.verify && !state.fetched.verification) return;
    const { clock, log } = this.#options;
    const { facts } = state;
    state.superseded = new AbortController();
    const { force, fetched, requestedAt } = state;
    state.force = false;
    const started = clock.now();
    const before = state.loaded;
    state.loaded = await loadRepository(repository, {
      fetched,
      previous: before,
      client: this.#options.client,
      signal,
    });
    const { manifests } = state.loaded;
    if (state.loaded !== before) {
      const ok = allProblems(manifests).length === 0;
      this.#observe("load", name, { started, ok });
    }
    facts.syncing = true;
    if (facts.outcome?.commit !== manifests.commit) state.status.update();
    using link = new LinkedSignal(signal, state.stop.signal);
    let outcome: SyncOutcome;
    try {
      outcome = await this.#apply(manifests, {
        repository,
        prune: prunePolicy(repository, { fetched, signal: link.signal }),
        force,
        signal: link.signal,
        superseded: state.superseded.signal,
      });
    } catch (error) {
      if (force) state.force = true;
      if (error instanceof Superseded) {
        log.info("Left a sync for a newer commit", {
          repository: name,
          commit: manifests.commit,
        });
        return;
      }
      if (state.stop.signal.aborted) return;
      throw error;
    } finally {
      facts.syncing = false;
    }
    if (force) state.lookedAt = started;
    facts.handledRequest = requestedAt;
    return this.#synced(repository, { state, outcome, started });
  }

  #apply(
    manifests: Manifests,
    of:
      & { repository: Repository }
      & Pick<
        SyncRepositoryOptions,
        "prune" | "force" | "finalize" | "signal" | "superseded"
      >,
  ): Promise<SyncOutcome> {
    const { client, provider, clock } = this.#options;
    const { repository, ...rest } = of;
    const { name } = repository.metadata;
    return syncRepository(manifests, {
      ...rest,
      repository: name,
      observe: (stage, of) => this.#observe(stage, name, of),
      drift: repository.spec,
      others: this.#repositories.list().map((r) => r.metadata.name)
        .filter((other) => other !== name),
      client,
      provider,
      workspaces: this.#workspaces,
      sets: this.#sets,
      watched: (resource, namespace) =>
        this.#drift.members(resource, namespace),
      writes: this.#writes,
      clock,
    });
  }

  /** Deletes what a Repository applied that is being deleted itself, where it says so. */
  async #finalize(
    repository: Repository,
    signal: AbortSignal,
  ): Promise<Result> {
    if (!isHeld(repository)) return;
    const { client } = this.#options;
    const state = this.#state(repository);
    const commit = state.facts.appliedCommit ?? "none";
    if (deletesAll(repository)) {
      const nothing = { manifests: [], problems: [], fingerprint: "" };
      const policy = prunePolicy(
        { ...repository, spec: { ...repository.spec, prune: true } },
        { fetched: undefined },
      )!;
      const outcome = await this.#apply(
        { commit, root: nothing, workspaces: new Map(), problems: [] },
        {
          repository,
          // Nobody could put it back: the name is taken until all is gone.
          prune: { ...policy, tombstone: 0 },
          force: true,
          finalize: true,
          signal,
          superseded: new AbortController().signal,
        },
      );
      state.facts.outcome = outcome;
      state.facts.fetchError = undefined;
      announcePrune(repository, { state, outcome, events: this.#events });
      state.status.update();
      if (problemsOf(outcome).length) {
        return { requeueAfter: state.syncBackoff.next() };
      }
      if (heldOf(outcome).length) return;
      await state.status.flush();
    }
    const live = await client.tryGet<Repository>(
      RepositoryKind,
      repository.metadata.name,
      { signal },
    );
    if (live) await setFinalizer(live, { to: false, client, signal });
  }

  #synced(
    repository: Repository,
    of: { state: RepositoryState; outcome: SyncOutcome; started: number },
  ): Result {
    const { state, outcome, started } = of;
    const { log, clock, stages } = this.#options;
    const report = reportSync(repository, {
      ...of,
      events: this.#events,
      log,
      clock,
      stages,
    });
    this.#stats.syncs++;
    for (const field of COUNTED) this.#stats[field] += report[field];
    this.#observe("sync", state.name, { started, ok: !report.problems });
    this.#drift.follow(
      this.#sets.list(state.name).flatMap((set) =>
        [...set.objects.values()].map((object) => object.manifest.resource)
      ),
    );
    if (report.wrote) this.#logCommit(repository, { state, outcome });
    state.status.update();
    const { parts } = outcome;
    if (report.problems) {
      this.#stats.syncFailures++;
      if (!parts.some((part) => part.retry)) return;
      return { requeueAfter: state.syncBackoff.next() };
    }
    if (report.news && state.fetched) {
      this.#inBackground(state.fetched.mirror.tidy(this.#options.signal));
    }
    // What they wait for is looked for, less and less often.
    const waits = parts.some((part) => part.warnings?.length)
      ? state.syncBackoff.next()
      : Infinity;
    if (waits === Infinity) state.syncBackoff.reset();
    const due = Math.min(...parts.map((part) => part.due ?? Infinity));
    const next = Math.min(waits, Math.max(100, due - clock.now()));
    if (next === Infinity) return;
    return { requeueAfter: Math.min(next, LONGEST_WAIT) };
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

  /** Notes who made a commit that changed something. */
  #logCommit(
    repository: Repository,
    of: { state: RepositoryState; outcome: SyncOutcome },
  ): void {
    const { state, outcome: { commit, at } } = of;
    const { client, signal } = this.#options;
    if (state.loggedCommit === commit || !state.fetched) return;
    state.loggedCommit = commit;
    const gitDir = state.fetched.mirror.dir;
    this.#inBackground(
      commitInfo(commit, { gitDir, signal }).then((info) =>
        logCommit(commit, { info, at, repository, client, signal })
      ),
    );
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
