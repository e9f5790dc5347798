import type { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import { createInformer, type Informer } from "../informer.ts";
import type { Logger } from "../log.ts";
import { APIExportEndpointSlice } from "./kinds.ts";

/** Options of {@linkcode ExportEndpoints}. */
export interface ExportEndpointsOptions {
  /** Of the workspace with the exports. */
  client: KubeClient;
  log?: Logger;
  clock?: Clock;
  /** Ends it. */
  signal: AbortSignal;
}

/** Follows where the virtual workspaces of APIExports are, as shards come and go. */
export class ExportEndpoints {
  readonly #informer: Informer<APIExportEndpointSlice>;
  readonly #listeners = new Set<() => void>();

  constructor(options: ExportEndpointsOptions) {
    const { client, ...rest } = options;
    this.#informer = createInformer<APIExportEndpointSlice>(
      client,
      APIExportEndpointSlice,
      rest,
    );
    this.#informer.on(() => {
      for (const listener of [...this.#listeners]) listener();
    });
  }

  /** Resolves when the endpoints that there are are known. */
  get synced(): Promise<void> {
    return this.#informer.synced;
  }

  /** URLs of an APIExport's virtual workspaces, sorted: one for each shard that has a workspace which binds it. */
  of(name: string): string[] {
    // kcp makes the slice that has the export's name itself; others choose among the shards.
    return (this.#informer.get(undefined, name)?.status?.endpoints ?? [])
      .map(({ url }) => url).sort();
  }

  /** Calls `listener` when endpoints may have changed. @returns A function that ends it. */
  on(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }
}
