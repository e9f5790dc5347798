import type { Resource } from "../../api/kind.ts";
import {
  type Clock,
  type Informer,
  LinkedSignal,
  resourceName,
} from "../../kube/mod.ts";

/** Fewer writes are followed as they come. */
const FEW = 100;
/** More than this part of all there are costs more to be told of, one by one, than to list all. */
const SHARE = 0.25;
/** Longest time that nobody looks, in milliseconds. */
const LONGEST = 30_000;

/** Options of {@linkcode BulkWrites}. */
export interface BulkWritesOptions {
  /** What follows a kind; nothing where nobody does. */
  informer: (resource: Resource) => Informer | undefined;
  clock: Clock;
  signal: AbortSignal;
}

/** Writes of a kind that are under way, or were until the last of them ended. */
interface Bulk {
  writes: number;
  writers: number;
  /** Ends the pause; nothing where there was none. */
  end?: AbortController;
}

/**
 * Lets watches pause while syncs write most of what they show: to be told of
 * each of its own writes costs the hub and the server a fifth of them, to list
 * all afterwards a fiftieth.
 *
 * What somebody else changes meanwhile is seen when they end, or after thirty
 * seconds.
 */
export class BulkWrites {
  readonly #options: BulkWritesOptions;
  readonly #kinds = new Map<string, Bulk>();

  constructor(options: BulkWritesOptions) {
    this.#options = options;
  }

  /** Objects of these kinds are about to be written, until disposed of. */
  begin(resources: Iterable<Resource>): Disposable {
    using ends = new DisposableStack();
    for (const [resource, writes] of counted(resources)) {
      ends.use(this.#begin(resource, writes));
    }
    return ends.move();
  }

  #begin(resource: Resource, writes: number): Disposable {
    const name = resourceName(resource);
    const bulk = this.#kinds.get(name) ?? { writes: 0, writers: 0 };
    this.#kinds.set(name, bulk);
    bulk.writes += writes;
    bulk.writers++;
    const informer = this.#options.informer(resource);
    if (
      !bulk.end && informer?.hasSynced && bulk.writes >= FEW &&
      bulk.writes >= informer.size * SHARE
    ) {
      bulk.end = new AbortController();
      this.#pause(informer, bulk.end.signal);
    }
    return {
      [Symbol.dispose]: () => {
        if (--bulk.writers > 0) return;
        bulk.end?.abort();
        this.#kinds.delete(name);
      },
    };
  }

  async #pause(informer: Informer, ended: AbortSignal): Promise<void> {
    const { clock, signal } = this.#options;
    using _ = informer.pause();
    using either = new LinkedSignal(ended, signal);
    await clock.sleep(LONGEST, either.signal).catch(() => {});
  }
}

function counted(resources: Iterable<Resource>): Map<Resource, number> {
  const counts = new Map<Resource, number>();
  for (const resource of resources) {
    counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  return counts;
}
