import { Repository } from "../../api/repository.ts";
import { GITOPS_MANAGER } from "../../api/names.ts";
import {
  applyStatus,
  Backoff,
  type Clock,
  type KubeClient,
} from "../../kube/mod.ts";
import { type RepositoryFacts, repositoryStatus } from "./repository_status.ts";

/** Types of conditions that are written here; the rest is others'. */
const OWN = ["Ready", "Reconciling", "Stalled", "SourceVerified", "Drifted"];

/** Options of {@linkcode StatusWriter}. */
export interface StatusWriterOptions {
  client: KubeClient;
  repository: string;
  /** What is known when it is written. */
  facts: () => RepositoryFacts;
  clock: Clock;
  onError: (error: unknown) => void;
  signal: AbortSignal;
}

/**
 * Writes the status of a Repository, from whatever is known by then: what
 * comes while one write is under way goes with the next. What fails is tried
 * again, less and less often.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #backoff = new Backoff({ base: 500, max: 60_000, jitter: 0.5 });
  #wanted = false;
  #running: Promise<void> | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Has the status written soon. */
  update(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => this.#running = undefined);
  }

  /** Resolves when all is written, or at the end. */
  async flush(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    const { onError, clock, signal } = this.#options;
    while (this.#wanted && !signal.aborted) {
      this.#wanted = false;
      try {
        await this.#write();
        this.#backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        onError(error);
        this.#wanted = true;
        await clock.sleep(this.#backoff.next(), signal).catch(() => {});
      }
    }
  }

  async #write(): Promise<void> {
    const { client, repository, facts, clock, signal } = this.#options;
    const live = await client.tryGet<Repository>(Repository, repository, {
      signal,
    });
    if (!live) return;
    const status = repositoryStatus(facts(), {
      conditions: live.status?.conditions?.filter((c) => OWN.includes(c.type)),
      now: clock.now(),
    });
    await applyStatus(client, Repository, live, status, {
      fieldManager: GITOPS_MANAGER,
      signal,
    });
  }
}
