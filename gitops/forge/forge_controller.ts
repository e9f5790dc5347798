import { FORGE_MANAGER } from "../../api/names.ts";
import type { Condition } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import {
  applyStatus,
  Backoff,
  type Clock,
  type EventRecorder,
  formatTime,
  getCondition,
  type Informer,
  type KubeClient,
  type Logger,
  type Result,
  runController,
  setCondition,
} from "../../kube/mod.ts";
import type { Counters } from "../counters.ts";
import { readSystemSecret } from "../repository/read_secret.ts";
import { commitStatus, type WantedStatus } from "./commit_status.ts";
import type { CommitStatus } from "./forge.ts";
import { ForgeError } from "./forge_client.ts";
import { openForge } from "./open_forge.ts";
import { pace } from "./pace.ts";

/** Name of the metric of requests to forges. */
export const FORGE_REQUESTS = "faros_forge_requests_total";

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

/** What this process knows of a Repository's forge. */
interface State {
  generation: number | undefined;
  last?: CommitStatus & { at: number };
  updates: number;
  backoff: Backoff;
  /** Not before, in milliseconds since 1970. */
  notBefore: number;
  /** Reason of the last failure. */
  failed?: string;
}

const CONDITION = "ForgeReported";
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
  readonly #states = new Map<string, State>();

  constructor(options: ForgeControllerOptions) {
    this.#options = options;
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const { repositories, clock } = this.#options;
    const repository = repositories.get(undefined, name);
    const { spec, status } = repository ?? {};
    if (!repository || !spec?.forge || spec.forge.statuses === false) {
      this.#states.delete(name);
      if (repository) await this.#forget(repository, signal);
      return;
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
      state.notBefore - now,
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
      return await this.#failed(repository, { state, error, signal });
    }
    return later(wanted.again);
  }

  #state(repository: Repository): State {
    const { metadata: { name, generation }, status } = repository;
    const before = this.#states.get(name);
    // Whoever changed something wants to see whether it helps.
    if (before?.generation === generation) return before!;
    const told = status?.forge;
    const state: State = {
      generation,
      ...(before?.last
        ? { last: before.last }
        : told
        ? { last: { ...told, at: Date.parse(told.time) } }
        : {}),
      updates: before?.updates ?? 0,
      backoff: new Backoff({ base: 5000, max: 10 * 60_000, jitter: 0.5 }),
      notBefore: 0,
    };
    this.#states.set(name, state);
    return state;
  }

  async #tell(
    repository: Repository,
    of: { state: State; wanted: WantedStatus; signal: AbortSignal },
  ): Promise<void> {
    const { state, wanted, signal } = of;
    const { clock, log, counters, client } = this.#options;
    const { name } = repository.metadata;
    const { type, context = `faros/${name}`, secretRef } = repository.spec
      .forge!;
    const secret = (ref: { name: string } | undefined) =>
      ref && readSystemSecret(ref.name, { client, signal });
    using forge = await openForge(repository, {
      secret: await secret(secretRef),
      proxySecret: await secret(repository.spec.proxySecretRef),
      signal,
      onRequest: (code) =>
        counters.add(FORGE_REQUESTS, { type, code: String(code ?? "none") }),
      now: () => clock.now(),
    });
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
    state.backoff.reset();
    state.failed = undefined;
    log.debug("Told a forge of a commit", {
      repository: name,
      commit,
      state: said,
      description,
    });
    await this.#write(repository, {
      forge: { commit, state: said, description, time: formatTime(at) },
      condition: {
        status: "True",
        reason: "Reported",
        message: `Told the forge of commit ${commit.slice(0, 12)}`,
      },
      signal,
    });
  }

  async #failed(
    repository: Repository,
    of: { state: State; error: ForgeError; signal: AbortSignal },
  ): Promise<Result> {
    const { state, error, signal } = of;
    const { events, log, clock } = this.#options;
    const { reason, message } = error;
    const wait = Math.max(state.backoff.next(), error.retryAfter ?? 0);
    state.notBefore = clock.now() + wait;
    log.warn("Cannot tell a forge of a commit", {
      repository: repository.metadata.name,
      reason,
      error: message,
    });
    if (state.failed !== reason) {
      state.failed = reason;
      events.event(repository, { type: "Warning", reason, message });
    }
    await this.#write(repository, {
      forge: repository.status?.forge,
      condition: {
        status: "False",
        reason,
        message: `${message}; will try again`,
      },
      signal,
    });
    return { requeueAfter: wait };
  }

  /** Says no more of a forge that is none of the Repository's any more. */
  async #forget(repository: Repository, signal: AbortSignal): Promise<void> {
    const { status } = repository;
    if (!status?.forge && !getCondition(status?.conditions, CONDITION)) return;
    await applyStatus(this.#options.client, Repository, repository, {}, {
      fieldManager: FORGE_MANAGER,
      signal,
    });
  }

  async #write(
    repository: Repository,
    of: {
      forge: NonNullable<Repository["status"]>["forge"];
      condition: Pick<Condition, "status" | "reason" | "message">;
      signal: AbortSignal;
    },
  ): Promise<void> {
    const { forge, condition, signal } = of;
    const { client, clock } = this.#options;
    const conditions = setCondition(repository.status?.conditions, {
      type: CONDITION,
      ...condition,
      observedGeneration: repository.metadata.generation,
    }, clock.now());
    await applyStatus(client, Repository, repository, {
      ...(forge ? { forge } : {}),
      conditions: [getCondition(conditions, CONDITION)],
    }, { fieldManager: FORGE_MANAGER, signal });
  }
}

function later(ms: number | undefined): Result {
  return ms === undefined ? undefined : { requeueAfter: Math.max(ms, 1) };
}
