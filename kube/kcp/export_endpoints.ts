import type { KubeClient } from "../client.ts";
import { type Clock, systemClock } from "../clock.ts";
import { createInformer, type Informer } from "../informer.ts";
import { type Logger, silentLogger } from "../log.ts";
import { APIBinding, APIExportEndpointSlice } from "./kinds.ts";

/** Options of {@linkcode ExportEndpoints}. */
export interface ExportEndpointsOptions {
  /** Of the workspace with the exports. */
  client: KubeClient;
  /** A client of what is at a URL of kcp. */
  at: (url: string) => KubeClient;
  log?: Logger;
  clock?: Clock;
  /** Ends it. */
  signal: AbortSignal;
}

/** Between looks at an endpoint that is named no longer, in milliseconds. */
const RECHECK = 30_000;

/**
 * Follows where the virtual workspaces of APIExports are, as shards come and go.
 *
 * An endpoint that its slice names no longer counts until nothing is bound there: else a slice that somebody deletes or
 * edits would look as if all workspaces of a shard had lost their objects, and devices would lose their credentials.
 */
export class ExportEndpoints {
  readonly #options: ExportEndpointsOptions;
  readonly #informer: Informer<APIExportEndpointSlice>;
  readonly #listeners = new Set<() => void>();
  /** Endpoints of each export that its slice named once and that are not known to be empty. */
  readonly #urls = new Map<string, Set<string>>();
  readonly #checking = new Set<string>();

  constructor(options: ExportEndpointsOptions) {
    const { client, log, clock, signal } = options;
    this.#options = options;
    this.#informer = createInformer<APIExportEndpointSlice>(
      client,
      APIExportEndpointSlice,
      { log, clock, signal },
    );
    this.#informer.on(({ object: { metadata: { name } } }) => {
      const urls = this.#urls.get(name) ?? new Set();
      this.#urls.set(name, urls);
      const named = this.#named(name);
      for (const url of named) urls.add(url);
      for (const url of urls) {
        if (!named.includes(url)) void this.#check(name, url);
      }
      this.#changed();
    });
  }

  /** Resolves when the endpoints that there are are known. */
  get synced(): Promise<void> {
    return this.#informer.synced;
  }

  /** URLs of an APIExport's virtual workspaces, sorted: one for each shard that has a workspace which binds it. */
  of(name: string): string[] {
    return [...this.#urls.get(name) ?? []].sort();
  }

  /** Calls `listener` when endpoints may have changed. @returns A function that ends it. */
  on(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  #named(name: string): string[] {
    // kcp makes the slice that has the export's name itself; others choose among the shards.
    return (this.#informer.get(undefined, name)?.status?.endpoints ?? [])
      .map(({ url }) => url);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Lets go of an endpoint once nothing is bound there. */
  async #check(name: string, url: string): Promise<void> {
    if (this.#checking.has(url)) return;
    this.#checking.add(url);
    const { at, log = silentLogger, clock = systemClock, signal } =
      this.#options;
    try {
      while (!this.#named(name).includes(url)) {
        const bound = await at(`${url}/clusters/*`)
          .list(APIBinding, { limit: 1, signal })
          .then(({ items }) => items.length > 0, () => undefined);
        signal.throwIfAborted();
        if (bound === false) {
          this.#urls.get(name)?.delete(url);
          this.#changed();
          return;
        }
        log.warn("An endpoint of an APIExport is named no longer", {
          export: name,
          url,
          workspaces: bound ? "still there" : "cannot be reached",
          remedy:
            "restart the hub: that puts a slice back which was deleted, and forgets a shard that is gone for good",
        });
        await clock.sleep(RECHECK, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#checking.delete(url);
    }
  }
}
