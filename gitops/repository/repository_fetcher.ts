import {
  APPROVE_ANNOTATION,
  FETCH_REQUESTED_ANNOTATION,
  REQUESTED_AT_ANNOTATION,
} from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { Result } from "../../kube/mod.ts";
import { SourceError } from "../source/source_error.ts";
import { parseDuration } from "./duration.ts";
import { fetchRepository, secretVersions } from "./fetch_repository.ts";
import { setFinalizer } from "./finalizer.ts";
import type { InputWatcher } from "./input_watcher.ts";
import { inputReferences } from "./manifest_inputs.ts";
import type { RefWatchers } from "./ref_watchers.ts";
import type { RepositoryContext } from "./repository_context.ts";
import type { RepositoryState } from "./repository_state.ts";

/** Options of {@linkcode RepositoryFetcher}. */
export interface RepositoryFetcherOptions extends RepositoryContext {
  /** Where mirrors are kept: a cache. */
  stateDir: string;
  refs: RefWatchers;
  inputs: InputWatcher;
  /** Has a Repository synced. */
  syncSoon: (repository: string) => void;
  /**
   * How often everything is looked at again, though nothing told of a change,
   * in milliseconds.
   */
  resyncInterval: number;
  random: () => number;
}

/** Fetches what Repositories ask for, and says when to look again. */
export class RepositoryFetcher {
  readonly #options: RepositoryFetcherOptions;

  constructor(options: RepositoryFetcherOptions) {
    this.#options = options;
  }

  /** Looks for news of a Repository, and has what there is synced. */
  async fetch(
    repository: Repository,
    { state, signal }: { state: RepositoryState; signal: AbortSignal },
  ): Promise<Result> {
    const { name } = repository.metadata;
    const { facts } = state;
    const { clock, log, client, refs, inputs } = this.#options;
    const changed = facts.generation !== repository.metadata.generation;
    facts.generation = repository.metadata.generation;
    const wasSuspended = facts.suspended;
    facts.suspended = repository.spec.suspend ?? false;
    if (repository.metadata.deletionTimestamp) {
      state.superseded.abort();
      return this.#options.syncSoon(name);
    }
    await setFinalizer(repository, {
      to: repository.spec.deletionPolicy === "Delete",
      client,
      signal,
    });
    if (facts.suspended) {
      state.superseded.abort();
      refs.leave(name);
      if (!wasSuspended || changed) state.status.update();
      return;
    }
    refs.follow(name, repository.spec.url);
    inputs.follow(name, inputReferences(repository));
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
    const fetchRequestedAt = annotations?.[FETCH_REQUESTED_ANNOTATION];
    if (fetchRequestedAt !== state.fetchRequestedAt) {
      state.fetchRequestedAt = fetchRequestedAt;
      state.retry.hurry();
    }
    const wait = await state.retry.wait(() =>
      secretVersions(repository, { client, signal })
    );
    if (wait !== undefined) return { requeueAfter: wait };
    let versions = "";
    const before = state.fetched;
    const hadFailed = facts.fetchError !== undefined;
    const started = clock.now();
    try {
      state.fetched = await fetchRepository(repository, {
        client,
        stateDir: this.#options.stateDir,
        previous: before,
        onSecrets: (read) => versions = read,
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw error;
      this.#options.observe("fetch", name, { started, ok: false });
      return this.#fetchFailed(repository, { state, error, versions });
    }
    this.#options.observe("fetch", name, { started, ok: true });
    this.#options.counts.fetches++;
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
      this.#options.syncSoon(name);
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
    const { log, events, counts } = this.#options;
    const { facts } = state;
    counts.fetchFailures++;
    facts.handledRequest = state.requestedAt;
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
      events.event(repository, { type: "Warning", reason, message });
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
}
