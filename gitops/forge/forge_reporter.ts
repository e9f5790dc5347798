import type { Condition } from "../../api/meta.ts";
import { Repository } from "../../api/repository.ts";
import {
  applyStatus,
  Backoff,
  type Clock,
  type EventRecorder,
  getCondition,
  type KubeClient,
  type Logger,
  type Result,
  setCondition,
} from "../../kube/mod.ts";
import type { ForgeError } from "./forge_client.ts";

/** Options of {@linkcode ForgeReporter}. */
export interface ForgeReporterOptions {
  client: KubeClient;
  events: EventRecorder;
  log: Logger;
  clock: Clock;
  /** Field manager of this part of the status. */
  manager: string;
  /** Type of the condition that says whether the forge was told. */
  condition: string;
}

type Fields = Record<string, unknown>;

interface State {
  generation: number | undefined;
  backoff: Backoff;
  /** Milliseconds since 1970. */
  notBefore: number;
  /** Reason of the last failure. */
  failed?: string;
}

/**
 * Keeps what a Repository's status says of dealings with its forge, and when
 * these may go on after a failure.
 */
export class ForgeReporter {
  readonly #options: ForgeReporterOptions;
  readonly #states = new Map<string, State>();

  constructor(options: ForgeReporterOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait yet after a failure. */
  wait(repository: Repository): number {
    const { notBefore } = this.#state(repository);
    return Math.max(0, notBefore - this.#options.clock.now());
  }

  /** Writes what holds from now on, after all went well. */
  async succeeded(
    repository: Repository,
    of: { fields: Fields; message: string; signal: AbortSignal },
  ): Promise<Repository> {
    const state = this.#state(repository);
    state.backoff.reset();
    state.failed = undefined;
    const { fields, message, signal } = of;
    return await this.#write(repository, {
      fields,
      condition: { status: "True", reason: "Reported", message },
      signal,
    });
  }

  /** Writes that it failed; it is tried again. */
  async failed(
    repository: Repository,
    of: { error: ForgeError; fields: Fields; signal: AbortSignal },
  ): Promise<Result> {
    const { error, fields, signal } = of;
    const { events, log, clock } = this.#options;
    const { reason, message } = error;
    const state = this.#state(repository);
    const wait = Math.max(state.backoff.next(), error.retryAfter ?? 0);
    state.notBefore = clock.now() + wait;
    log.warn("Cannot tell a forge", {
      repository: repository.metadata.name,
      reason,
      error: message,
    });
    if (state.failed !== reason) {
      state.failed = reason;
      events.event(repository, { type: "Warning", reason, message });
    }
    await this.#write(repository, {
      fields,
      condition: {
        status: "False",
        reason,
        message: `${message}; will try again`,
      },
      signal,
    });
    return { requeueAfter: wait };
  }

  /** Says no more of it. */
  async forget(
    repository: Repository,
    of: { fields: string[]; signal: AbortSignal },
  ): Promise<void> {
    const { client, condition, manager } = this.#options;
    this.#states.delete(repository.metadata.name);
    const { status } = repository;
    const says = of.fields.some((field) => field in (status ?? {})) ||
      getCondition(status?.conditions, condition);
    if (!says) return;
    await applyStatus(client, Repository, repository, {}, {
      fieldManager: manager,
      signal: of.signal,
    });
  }

  #state({ metadata: { name, generation } }: Repository): State {
    let state = this.#states.get(name);
    // Whoever changed something wants to see whether it helps.
    if (!state || state.generation !== generation) {
      state = {
        generation,
        backoff: new Backoff({ base: 5000, max: 10 * 60_000, jitter: 0.5 }),
        notBefore: 0,
      };
      this.#states.set(name, state);
    }
    return state;
  }

  async #write(
    repository: Repository,
    of: {
      fields: Fields;
      condition: Pick<Condition, "status" | "reason" | "message">;
      signal: AbortSignal;
    },
  ): Promise<Repository> {
    const { client, clock, condition: type, manager } = this.#options;
    const conditions = setCondition(repository.status?.conditions, {
      type,
      ...of.condition,
      observedGeneration: repository.metadata.generation,
    }, clock.now());
    return await applyStatus(client, Repository, repository, {
      ...of.fields,
      conditions: [getCondition(conditions, type)],
    }, { fieldManager: manager, signal: of.signal });
  }
}
