import { Backoff } from "../backoff.ts";
import type { KubeClient } from "../client.ts";
import { type Clock, systemClock } from "../clock.ts";
import { createInformer, type Informer } from "../informer.ts";
import { LinkedSignal } from "../linked_signal.ts";
import { type Logger, silentLogger } from "../log.ts";
import { isAway } from "./all_workspaces.ts";
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

/** How long an endpoint may take to answer for the first time, in milliseconds. */
const PATIENCE = 10_000;
/** Between looks at an endpoint that is named no longer, in milliseconds. */
const RECHECK = 30_000;

/**
 * Follows where the virtual workspaces of APIExports are, as shards come and go.
 *
 * A new endpoint counts from its first answer on: one that is named before it can be reached, or never could, is no
 * reason to know nothing of all the others.
 *
 * An endpoint that its slice names no longer counts until nothing is bound there: else a slice that somebody deletes or
 * edits would look as if all workspaces of a shard had lost their objects, and devices would lose their credentials.
 */
export class ExportEndpoints {
  /** Resolves when the endpoints that there are are known, and each has answered or not. */
  readonly synced: Promise<void>;
  readonly #options: ExportEndpointsOptions;
  readonly #log: Logger;
  readonly #informer: Informer<APIExportEndpointSlice>;
  readonly #listeners = new Set<() => void>();
  /** Endpoints of each export that its slice named once, that have answered and are not known to be empty. */
  readonly #urls = new Map<string, Set<string>>();
  /** Endpoints that have yet to answer → resolves when they have been asked for the first time. */
  readonly #asked = new Map<string, Promise<void>>();
  readonly #checking = new Set<string>();
  /** Exports that are gone for good, by their names. */
  readonly #dropped = new Set<string>();

  constructor(options: ExportEndpointsOptions) {
    const { client, log = silentLogger, clock, signal } = options;
    this.#options = options;
    this.#log = log;
    this.#informer = createInformer<APIExportEndpointSlice>(
      client,
      APIExportEndpointSlice,
      { log, clock, signal },
    );
    this.#informer.on(({ object }) => this.#look(object.metadata.name));
    this.synced = this.#informer.synced
      .then(() => Promise.all(this.#asked.values())).then(() => {});
    this.synced.catch(() => {}); // not everybody waits for it
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

  /** Lets go of the endpoints of an export that was deleted, and with it all that was bound. */
  drop(name: string): void {
    this.#dropped.add(name);
    this.#urls.delete(name);
    this.#changed();
  }

  #named(name: string): string[] {
    // kcp makes the slice that has the export's name itself; others choose among the shards.
    return (this.#informer.get(undefined, name)?.status?.endpoints ?? [])
      .map(({ url }) => url);
  }

  #look(name: string): void {
    const urls = this.#urls.get(name) ?? new Set();
    this.#urls.set(name, urls);
    const named = this.#named(name);
    // One of that name was made anew.
    if (named.length) this.#dropped.delete(name);
    for (const url of named) {
      if (urls.has(url) || this.#asked.has(url)) continue;
      const first = Promise.withResolvers<void>();
      this.#asked.set(url, first.promise);
      void this.#ask(name, { url, asked: first.resolve });
    }
    for (const url of urls) {
      if (!named.includes(url)) void this.#check(name, url);
    }
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Asks an endpoint until it answers, or is none any more. */
  async #ask(
    name: string,
    { url, asked }: { url: string; asked: () => void },
  ): Promise<void> {
    const { clock = systemClock, signal } = this.#options;
    const backoff = new Backoff({ base: 200, max: 30_000 });
    try {
      while (this.#named(name).includes(url)) {
        if (await this.#answers(url, { first: backoff.attempt === 0 })) {
          this.#urls.get(name)?.add(url);
          this.#changed();
          return;
        }
        asked();
        await clock.sleep(backoff.next(), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#asked.delete(url);
      asked();
    }
  }

  async #answers(url: string, { first }: { first: boolean }): Promise<boolean> {
    const { at, signal } = this.#options;
    using link = new LinkedSignal(signal);
    link.deadline(PATIENCE, `${url} did not answer within ${PATIENCE} ms`);
    try {
      await at(`${url}/clusters/*`)
        .list(APIBinding, { limit: 1, signal: link.signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      // What it refuses, those who want something of it will hear and tell.
      if (!isAway(error)) return true;
      if (first) {
        this.#log.warn(
          "Cannot reach an endpoint of an APIExport; the workspaces there wait until it answers",
          { url, error },
        );
      }
      return false;
    }
  }

  /** Lets go of an endpoint once nothing is bound there. */
  async #check(name: string, url: string): Promise<void> {
    if (this.#checking.has(url)) return;
    this.#checking.add(url);
    const { at, clock = systemClock, signal } = this.#options;
    try {
      while (
        !this.#named(name).includes(url) && !this.#dropped.has(name)
      ) {
        const bound = await at(`${url}/clusters/*`)
          .list(APIBinding, { limit: 1, signal })
          .then(({ items }) => items.length > 0, () => undefined);
        signal.throwIfAborted();
        if (this.#dropped.has(name)) return;
        if (bound === false) {
          this.#urls.get(name)?.delete(url);
          this.#changed();
          return;
        }
        this.#log.warn("An endpoint of an APIExport is named no longer", {
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
