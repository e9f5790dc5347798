import type { Repository } from "../../api/repository.ts";
import { Repository as RepositoryKind } from "../../api/repository.ts";
import type { Workspace } from "../../api/workspace.ts";
import {
  type Informer,
  LinkedSignal,
  type Result,
  type WorkspaceProvider,
} from "../../kube/mod.ts";
import { Limiter } from "../apply/limiter.ts";
import type { DriftCorrector } from "../drift/drift_corrector.ts";
import { allProblems, type Manifests } from "../manifest/load_tree.ts";
import { commitInfo } from "../source/commit_info.ts";
import { announcePrune } from "./announce.ts";
import type { AppliedSets } from "./applied_sets.ts";
import { logCommit } from "./commit_log.ts";
import { deletesAll, isHeld, setFinalizer } from "./finalizer.ts";
import { loadRepository } from "./load_repository.ts";
import { prunePolicy } from "./prune_policy.ts";
import { reportSync } from "./report_sync.ts";
import type { RepositoryContext } from "./repository_context.ts";
import type { RepositoryState } from "./repository_state.ts";
import { heldOf, problemsOf, type SyncOutcome } from "./sync_outcome.ts";
import { syncRepository } from "./sync_repository.ts";
import type { SyncRepositoryOptions } from "./sync_repository_options.ts";
import { Superseded } from "./wait_in_sync.ts";

/** Options of {@linkcode RepositorySyncer}. */
export interface RepositorySyncerOptions extends RepositoryContext {
  provider: WorkspaceProvider;
  repositories: Informer<Repository>;
  workspaces: Informer<Workspace>;
  sets: AppliedSets;
  drift: DriftCorrector;
}

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

/** Makes what is live as what was fetched has it, tells of it, and says when to look again. */
export class RepositorySyncer {
  readonly #options: RepositorySyncerOptions;
  /** Of all Repositories. */
  readonly #writes = new Limiter();

  constructor(options: RepositorySyncerOptions) {
    this.#options = options;
  }

  /** Applies the newest of what was fetched. */
  async sync(
    repository: Repository,
    { state, signal }: { state: RepositoryState; signal: AbortSignal },
  ): Promise<Result> {
    if (!state.fetched || state.facts.suspended) return;
    // Fetched before anybody asked for a signature.
    if (repository.spec.verify && !state.fetched.verification) return;
    const { clock, log, client } = this.#options;
    const { facts, name } = state;
    state.superseded = new AbortController();
    const { force, fetched, requestedAt } = state;
    state.force = false;
    const started = clock.now();
    const before = state.loaded;
    state.loaded = await loadRepository(repository, {
      fetched,
      previous: before,
      client,
      signal,
    });
    const { manifests } = state.loaded;
    if (state.loaded !== before) {
      const ok = allProblems(manifests).length === 0;
      this.#options.observe("load", name, { started, ok });
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
    const { repositories, drift, observe, ...shared } = this.#options;
    const { repository, ...rest } = of;
    const { name } = repository.metadata;
    return syncRepository(manifests, {
      ...shared,
      ...rest,
      repository: name,
      observe: (stage, of) => observe(stage, name, of),
      drift: repository.spec,
      others: repositories.list().map((r) => r.metadata.name)
        .filter((other) => other !== name),
      watched: (resource, namespace) => drift.members(resource, namespace),
      writes: this.#writes,
      bulk: (resources) => drift.writing(resources),
    });
  }

  /** Deletes what a Repository applied that is being deleted itself, where it says so. */
  async finalize(
    repository: Repository,
    { state, signal }: { state: RepositoryState; signal: AbortSignal },
  ): Promise<Result> {
    if (!isHeld(repository)) return;
    const { client, events } = this.#options;
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
      announcePrune(repository, { state, outcome, events });
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
    const { clock, counts, drift, sets, observe } = this.#options;
    const report = reportSync(repository, { ...this.#options, ...of });
    counts.syncs++;
    for (const field of COUNTED) counts[field] += report[field];
    observe("sync", state.name, { started, ok: !report.problems });
    drift.follow(
      sets.list(state.name).flatMap((set) =>
        [...set.objects.values()].map((object) => object.manifest.resource)
      ),
    );
    state.status.update();
    if (report.wrote) this.#logCommit(repository, { state, outcome });
    const { parts } = outcome;
    if (report.problems) {
      counts.syncFailures++;
      if (!parts.some((part) => part.retry)) return;
      return { requeueAfter: state.syncBackoff.next() };
    }
    if (report.news && state.fetched) {
      this.#options.inBackground(
        state.fetched.mirror.tidy(this.#options.signal),
      );
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

  /** Notes who made a commit that changed something. */
  #logCommit(
    repository: Repository,
    of: { state: RepositoryState; outcome: SyncOutcome },
  ): void {
    const { state, outcome: { commit, at } } = of;
    const { client, signal, inBackground } = this.#options;
    if (state.loggedCommit === commit || !state.fetched) return;
    state.loggedCommit = commit;
    const gitDir = state.fetched.mirror.dir;
    inBackground(
      commitInfo(commit, { gitDir, signal }).then((info) =>
        logCommit(commit, { info, at, repository, client, signal })
      ),
    );
  }
}
