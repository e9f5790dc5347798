import { HUB_MANAGER } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import type { Clock, KubeClient } from "../../kube/mod.ts";

/** The least time between two writes for one Repository, in milliseconds. */
const PAUSE = 250;

/**
 * Asks whichever replica leads to look for commits of a Repository, or for
 * pull requests, by an annotation: so it also survives a restart. Requests that come close together
 * share one write.
 */
export class FetchRequests {
  readonly #annotation: string;
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** When the last write of a Repository ended. */
  readonly #last = new Map<string, number>();
  /** Writes that have not begun. */
  readonly #next = new Map<string, Promise<void>>();

  constructor(
    annotation: string,
    options: { client: KubeClient; clock: Clock; signal: AbortSignal },
  ) {
    this.#annotation = annotation;
    this.#client = options.client;
    this.#clock = options.clock;
    this.#signal = options.signal;
  }

  /** Resolves when the request is written. */
  request(repository: string): Promise<void> {
    let next = this.#next.get(repository);
    if (!next) {
      next = this.#turn(repository)
        // Who comes from here on may be after what this write makes seen.
        .finally(() => this.#next.delete(repository))
        .then(() => this.#write(repository));
      this.#next.set(repository, next);
    }
    return next;
  }

  async #turn(name: string): Promise<void> {
    const since = this.#clock.now() - (this.#last.get(name) ?? -Infinity);
    if (since < PAUSE) await this.#clock.sleep(PAUSE - since, this.#signal);
    // Of its start: a slow write is followed by the next at once.
    this.#last.set(name, this.#clock.now());
  }

  async #write(name: string): Promise<void> {
    await this.#client.patch(Repository, name, {
      metadata: {
        annotations: {
          [this.#annotation]: new Date(this.#clock.now())
            .toISOString(),
        },
      },
    }, {
      type: "merge",
      fieldManager: HUB_MANAGER,
      signal: this.#signal,
    });
  }
}
