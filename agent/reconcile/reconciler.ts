import type { Agent, Assignment } from "../../api/agent.ts";
import { Backoff } from "../../kube/backoff.ts";
import type { Clock } from "../../kube/clock.ts";
import { LinkedSignal } from "../../kube/linked_signal.ts";
import type { Logger } from "../../kube/log.ts";
import type { Identity } from "../identity/identity.ts";
import type { RevisionStore } from "../revision/revision_store.ts";
import type { Online, Stager } from "../revision/stage.ts";
import { StageError } from "../revision/stage_error.ts";
import {
  AssignmentRejected,
  verifyAssignment,
} from "../revision/verify_assignment.ts";
import type { StateFolder } from "../state/state_folder.ts";
import type { PluginSpec } from "../supervisor/plugin_spec.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { probation } from "./probation.ts";
import { loadProgress, type Progress, saveProgress } from "./progress.ts";

/** Milliseconds after a failure in which nothing makes it try again but its back-off. */
const LEAST_PAUSE = 5_000;
/** Starts of the agent amid one trial, after which the Revision is taken to be what ends it. */
const MAX_TRIAL_STARTS = 3;
/** Why an assignment that was run failed; all other reasons are those of a {@linkcode StageError}. */
const ROLLED_BACK = "RolledBack";

/** Options of {@linkcode Reconciler}. */
export interface ReconcilerOptions {
  state: StateFolder;
  identity: Identity;
  revisions: RevisionStore;
  stager: Stager;
  supervisor: Supervisor;
  /** How to reach what is not on disk; undefined while that is not known. */
  online(): Online | undefined;
  /** Says that {@linkcode Reconciler.report} changed. */
  onChange(): void;
  /** Time in which a new Revision has to become healthy, in milliseconds. */
  healthTimeout: number;
  clock: Clock;
  log: Logger;
}

/** Where the device stands. */
export interface Report {
  /** Revision that runs. */
  revision?: string;
  /** The assignment that the device acts on. */
  assignment?: Assignment;
  /** Why the newest assignment is ignored. */
  rejected?: string;
  /** Why the assignment is not followed (yet). */
  problem?: { reason: string; message: string };
  /** Whether it runs an older Revision since that of the assignment failed. */
  failed?: { reason: string; message: string };
}

/** Makes the device run what its hub has assigned. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  #progress: Progress = {};
  #running: string | undefined;
  #rejected: string | undefined;
  #problem: Report["problem"];
  #offers: Promise<void> = Promise.resolve();
  #offered: Agent | undefined;
  /** Set once it runs. */
  #signal: AbortSignal | undefined;
  #saves: Promise<void> = Promise.resolve();
  /** Aborts the work on the assignment before. */
  #overtaken = new AbortController();
  #wake = Promise.withResolvers<void>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Where the device stands. */
  report(): Report {
    const { assignment, failed } = this.#progress;
    return {
      revision: this.#running,
      assignment,
      rejected: this.#rejected,
      problem: this.#problem,
      failed: failed && failed.counter === assignment?.counter
        ? failed
        : undefined,
    };
  }

  /** Reads what was on disk. */
  async load(): Promise<void> {
    const { failed, ...progress } = await loadProgress(this.#options.state);
    // What could not be staged may be, by this version of the agent; what was unhealthy still is.
    const final = failed?.reason === ROLLED_BACK;
    this.#progress = final ? { ...progress, failed } : progress;
  }

  /** Takes the Agent as it is now; its assignment is followed where it is in order. */
  offer(agent: Agent): Promise<void> {
    // One after the other: the counter of each is checked against the one before.
    this.#offers = this.#offers.then(() => this.#consider(agent))
      .catch((error) => {
        const { message } = error as Error;
        void this.#offerAgain(agent);
        if (this.#problem?.message === message) return;
        this.#options.log.error("Cannot take an assignment yet", {
          error: message,
        });
        this.#problem = { reason: "StateUnwritable", message };
        this.#options.onChange();
      });
    this.#offered = agent;
    return this.#offers;
  }

  /** Later, where none has come since: there may be no other word of this Agent for long. */
  async #offerAgain(agent: Agent): Promise<void> {
    const signal = this.#signal;
    if (!signal) return;
    await this.#options.clock.sleep(LEAST_PAUSE, signal).catch(() => {});
    if (!signal.aborted && this.#offered === agent) await this.offer(agent);
  }

  /** Tries again at once what waits for the network. */
  retry(): void {
    this.#wake.resolve();
  }

  /** Follows the assignments until the signal aborts. The first is the one on disk. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const { good, assignment } = this.#progress;
    // What worked runs first, whatever becomes of the rest.
    if (good && good.revision !== assignment?.revision) {
      await this.#resumeGood(good.revision, signal);
    }
    while (!signal.aborted) {
      const overtaken = this.#overtaken.signal;
      using linked = new LinkedSignal(signal, overtaken);
      try {
        await this.#converge(linked.signal);
        await untilAborted(linked.signal);
      } catch (error) {
        if (linked.signal.aborted) continue;
        this.#options.log.error("Cannot follow the assignment", {
          error: (error as Error).message,
        });
        await this.#pause(5_000, linked.signal).catch(() => {});
      }
    }
  }

  async #consider(agent: Agent): Promise<void> {
    const { identity, log, onChange } = this.#options;
    const value = agent.status?.assignment;
    const { credential } = identity;
    if (!value || !credential) return;
    const self = {
      ...credential,
      namespace: credential.workspace ?? credential.namespace,
    };
    const last = this.#progress.assignment;
    let next: Assignment | undefined;
    try {
      next = await verifyAssignment(value, {
        trust: identity.trust,
        self,
        last,
      });
    } catch (error) {
      if (!(error instanceof AssignmentRejected)) throw error;
      if (this.#rejected === error.message) return;
      this.#rejected = error.message;
      log.warn("Ignored an assignment", {
        error: error.message,
        counter: value.counter,
        revision: value.revision,
      });
      return onChange();
    }
    if (this.#rejected) {
      this.#rejected = undefined;
      onChange();
    }
    if (!next) return;
    log.info("Accepted an assignment", {
      revision: next.revision,
      counter: next.counter,
      commit: next.commit,
    });
    // On disk before it is acted on: no older one counts after a power cut.
    await this.#save({ assignment: next, trial: undefined, failed: undefined });
    this.#problem = undefined;
    this.#overtaken.abort();
    this.#overtaken = new AbortController();
    onChange();
  }

  /** One after the other, else an older one might be renamed into place last. What is not on disk does not count. */
  #save(change: Partial<Progress>): Promise<void> {
    const saved = this.#saves.then(async () => {
      const next = { ...this.#progress, ...change };
      await saveProgress(this.#options.state, next);
      this.#progress = next;
    });
    this.#saves = saved.catch(() => {});
    return saved;
  }

  /** Runs what worked, as far as it is on disk: a damaged one must not keep the device from its assignment. */
  async #resumeGood(revision: string, signal: AbortSignal): Promise<void> {
    const { supervisor, log, onChange } = this.#options;
    let specs: PluginSpec[];
    try {
      specs = await this.#stageOnce(revision, { online: undefined, signal });
    } catch (error) {
      log.error("Cannot start the last good revision from the disk", {
        revision,
        error: (error as Error).message,
      });
      return;
    }
    await supervisor.apply(specs);
    this.#running = revision;
    log.info("Runs the last good revision", { revision });
    onChange();
  }

  /** Makes what is assigned run, or falls back. */
  async #converge(signal: AbortSignal): Promise<void> {
    const { supervisor, clock, log, onChange } = this.#options;
    const { assignment, failed, good, trial } = this.#progress;
    if (!assignment) return;
    const { revision, counter } = assignment;
    if (failed?.counter === counter) return await this.#runGood(signal);
    const proven = good?.revision === revision;
    const starts = trial?.counter === counter ? trial.starts : 0;
    if (!proven && good && starts >= MAX_TRIAL_STARTS) {
      return await this.#fail(ROLLED_BACK, {
        assignment,
        message:
          `Revision ${revision} did not get through ${starts} starts of the agent`,
        signal,
      });
    }
    let specs: PluginSpec[];
    try {
      specs = await this.#stage(revision, signal);
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      const { reason, message } = error;
      return await this.#fail(reason, { assignment, message, signal });
    }
    if (!proven) await this.#save({ trial: { counter, starts: starts + 1 } });
    signal.throwIfAborted();
    const started = await supervisor.apply(specs);
    this.#running = revision;
    log.info("Switched", { revision, counter, started });
    onChange();
    if (!proven) {
      const problem = await this.#unhealthy(started, signal);
      if (problem) {
        return await this.#fail(ROLLED_BACK, {
          assignment,
          message:
            `Revision ${revision} did not become healthy within ${this.#options.healthTimeout} ms: ${problem}`,
          signal,
        });
      }
      log.info("Revision is healthy", { revision, counter, time: clock.now() });
    }
    await this.#save({ good: { revision, counter }, trial: undefined });
    await this.#collect();
  }

  /** What is wrong with new plugins at the end of their time; waits longer where there is nothing to fall back to. */
  async #unhealthy(
    ids: string[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { supervisor, clock, healthTimeout } = this.#options;
    while (true) {
      const problem = await probation(ids, {
        supervisor,
        clock,
        timeout: healthTimeout,
        signal,
      });
      if (!problem || this.#progress.good) return problem;
      await clock.sleep(healthTimeout, signal);
    }
  }

  /** Stages, again and again while what is missing may still come. @throws StageError that is terminal */
  async #stage(name: string, signal: AbortSignal): Promise<PluginSpec[]> {
    const { log, onChange } = this.#options;
    const backoff = new Backoff({ base: 500, max: 60_000 });
    while (true) {
      try {
        const online = this.#options.online();
        const specs = await this.#stageOnce(name, { online, signal });
        this.#problem = undefined;
        return specs;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StageError && error.terminal) throw error;
        const reason = error instanceof StageError
          ? error.reason
          : "RevisionUnavailable";
        const { message } = error as Error;
        if (this.#problem?.message !== message) {
          this.#problem = { reason, message };
          log.warn("Cannot stage yet", { revision: name, error: message });
          onChange();
        }
        await this.#pause(backoff.next(), signal);
      }
    }
  }

  async #stageOnce(
    name: string,
    { online, signal }: { online?: Online; signal: AbortSignal },
  ): Promise<PluginSpec[]> {
    const { revisions, stager, identity } = this.#options;
    const namespace = identity.credential?.namespace ?? "";
    const spec = online
      ? await revisions.fetch(name, {
        client: online.client,
        namespace,
        signal,
      })
      : await revisions.load(name);
    if (!spec) {
      throw new StageError(
        "RevisionUnavailable",
        `Revision ${name} is not on disk`,
      );
    }
    return await stager.stage(spec, { namespace, online, signal });
  }

  /** Gives an assignment up: back to what worked. */
  async #fail(
    reason: string,
    { assignment, message, signal }: {
      /** The one that failed; a newer one may have been accepted meanwhile. */
      assignment: Assignment;
      message: string;
      signal: AbortSignal;
    },
  ): Promise<void> {
    const { log, onChange } = this.#options;
    signal.throwIfAborted();
    const { good } = this.#progress;
    log.error("Assignment failed", {
      revision: assignment.revision,
      counter: assignment.counter,
      error: message,
      back: good?.revision,
    });
    this.#problem = undefined;
    await this.#save({
      failed: { counter: assignment.counter, reason, message },
      trial: undefined,
    });
    onChange();
    await this.#collect();
    await this.#runGood(signal);
  }

  async #runGood(signal: AbortSignal): Promise<void> {
    const { supervisor, log, onChange } = this.#options;
    const { good } = this.#progress;
    if (!good || this.#running === good.revision) return;
    const specs = await this.#stage(good.revision, signal);
    await supervisor.apply(specs);
    this.#running = good.revision;
    log.info("Runs the last good revision", { revision: good.revision });
    onChange();
  }

  async #collect(): Promise<void> {
    const { revisions, stager, log } = this.#options;
    const { good, assignment } = this.#progress;
    const keep = new Map();
    for (const name of [good?.revision, assignment?.revision]) {
      const spec = name && await revisions.load(name);
      if (spec) keep.set(name, spec);
    }
    // Damaged: what it needs is not known, and still wanted.
    if (good && !keep.has(good.revision)) return;
    await stager.collect(keep).catch((error) =>
      log.warn("Cannot remove old files", { error: (error as Error).message })
    );
  }

  /** Waits, or until {@linkcode retry}: not sooner than some seconds, since telling of a failure may call it. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    using linked = new LinkedSignal(signal);
    this.#wake = Promise.withResolvers();
    await clock.sleep(Math.min(ms, LEAST_PAUSE), signal);
    if (ms <= LEAST_PAUSE) return;
    const woken = this.#wake.promise.then(() => linked.abort());
    try {
      await clock.sleep(ms - LEAST_PAUSE, linked.signal);
    } catch {
      signal.throwIfAborted();
      await woken;
    }
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
