import { FORGE_MANAGER } from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import {
  type Clock,
  type EventRecorder,
  formatTime,
  type Informer,
  type KubeClient,
  type Logger,
  type Result,
  runController,
} from "../../kube/mod.ts";
import type { Counters } from "../counters.ts";
import { commitStatus, type WantedStatus } from "./commit_status.ts";
import type { CommitStatus } from "./forge.ts";
import { ForgeError } from "./forge_client.ts";
import { ForgeReporter } from "./forge_reporter.ts";
import { openForgeOf } from "./open_forge_of.ts";
import { pace } from "./pace.ts";

/** Options of {@linkcode runForgeController}. */
export interface ForgeControllerOptions {
  client: KubeClient;
  repositories: Informer<Repository>;
  events: EventRecorder;
  counters: Counters;
  log: Logger;
  clock: Clock;
  signal: AbortSignal;
}

/** What this process knows of what a forge was told. */
interface State {
  last?: CommitStatus & { at: number };
  /** How often that state of that commit was told with other words. */
  updates: number;
}

/** What forges answer of a commit that they do not have. */
const GONE = new Set(["ForgeNotFound", "ForgeRefused"]);

/** Sets the status of the commits that Repositories follow, on their forges. It holds up no sync, and a forge that is away holds up nothing else. */
export function runForgeController(
  options: ForgeControllerOptions,
): Promise<void> {
  const controller = new ForgeController(options);
  const { repositories, log, clock, signal } = options;
  return runController({
    name: "repository-forge",
    reconcile: ({ name }, { signal }) => controller.reconcile(name, signal),
    sources: [{ informer: repositories }],
    concurrency: 4,
    log,
    clock,
    signal,
  });
}

class ForgeController {
  readonly #options: ForgeControllerOptions;
  readonly #reporter: ForgeReporter;
  readonly #states = new Map<string, State>();

  constructor(options: ForgeControllerOptions) {
    this.#options = options;
    this.#reporter = new ForgeReporter({
      ...options,
      manager: FORGE_MANAGER,
      condition: "ForgeReported",
    });
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const { repositories, clock } = this.#options;
    const repository = repositories.get(undefined, name);
    const { spec, status } = repository ?? {};
    if (!repository || !spec?.forge || spec.forge.statuses === false) {
      this.#states.delete(name);
      if (!repository) return;
      return await this.#reporter.forget(repository, {
        fields: ["forge"],
        signal,
      });
    }
    if (spec.suspend || repository.metadata.deletionTimestamp) return;
    const state = this.#state(repository);
    const now = clock.now();
    const wanted = commitStatus(repository, now);
    if (!wanted) return;
    const { last } = state;
    const isTold = last?.commit === wanted.commit &&
      last.state === wanted.state && last.description === wanted.description;
    if (isTold) return later(wanted.again);
    const wait = Math.max(
      this.#reporter.wait(repository),
      pace(last, wanted, {
        updates: state.updates,
        appliedAt: Date.parse(status?.lastAppliedTime ?? ""),
        now,
      }),
    );
    if (wait > 0) return later(Number.isFinite(wait) ? wait : undefined);
    try {
      await this.#tell(repository, { state, wanted, signal });
    } catch (error) {
      if (!(error instanceof ForgeError)) throw error;
      const forge = repository.status?.forge;
      const fields = forge ? { forge } : {};
      return await this.#reporter.failed(repository, { error, fields, signal });
    }
    return later(wanted.again);
  }

  #state({ metadata: { name }, status }: Repository): State {
    let state = this.#states.get(name);
    if (!state) {
      // What another process said holds.
      const told = status?.forge;
      state = {
        ...(told ? { last: { ...told, at: Date.parse(told.time) } } : {}),
        updates: 0,
      };
      this.#states.set(name, state);
    }
    return state;
  }

  async #tell(
    repository: Repository,
    of: { state: State; wanted: WantedStatus; signal: AbortSignal },
  ): Promise<void> {
    const { state, wanted, signal } = of;
    const { clock, log } = this.#options;
    const { name } = repository.metadata;
    const { context = `faros/${name}` } = repository.spec.forge!;
    using forge = await openForgeOf(repository, { ...this.#options, signal });
    const { last } = state;
    if (last?.state === "pending" && last.commit !== wanted.commit) {
      // Nobody is to wait for it for ever.
      await forge.setStatus({
        commit: last.commit,
        state: "cancelled",
        description: `Commit ${
          wanted.commit.slice(0, 12)
        } came before it was applied`,
      }, { context, signal }).catch((error) => {
        // After a force-push it may be gone.
        if (!(error instanceof ForgeError) || !GONE.has(error.reason)) {
          throw error;
        }
      });
    }
    const { commit, state: said, description } = wanted;
    await forge.setStatus({ commit, state: said, description }, {
      context,
      signal,
    });
    const at = clock.now();
    const same = last?.commit === commit && last.state === said;
    state.updates = same ? state.updates + 1 : 0;
    state.last = { commit, state: said, description, at };
    log.debug("Told a forge of a commit", {
      repository: name,
      commit,
      state: said,
      description,
    });
    await this.#reporter.succeeded(repository, {
      fields: {
        forge: { commit, state: said, description, time: formatTime(at) },
      },
      message: `Told the forge of commit ${commit.slice(0, 12)}`,
      signal,
    });
  }
}

function later(ms: number | undefined): Result {
  return ms === undefined ? undefined : { requeueAfter: Math.max(ms, 1) };
}
