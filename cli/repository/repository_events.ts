import { Event } from "../../api/core.ts";
import type { KubeList, KubeObject } from "../../api/meta.ts";
import type { Repository } from "../../api/repository.ts";
import { isGone, KubeApiError } from "../../kube/kube_api_error.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Fleet } from "./fleet.ts";

/** A core Event, as far as it is shown. */
export interface CoreEvent extends KubeObject {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  involvedObject?: { kind?: string; name?: string; namespace?: string };
  source?: { component?: string };
  reportingComponent?: string;
}

/** Who tells of syncs. */
const COMPONENT = "faros-gitops";

/** When an Event happened last, milliseconds since 1970; to the second mostly. */
export function eventMoment(event: CoreEvent): number {
  return Date.parse(eventTime(event)) || 0;
}

/** The same, RFC 3339. */
export function eventTime(event: CoreEvent): string {
  return event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ??
    event.metadata.creationTimestamp ?? "";
}

/** Events of a Repository, and what its syncs tell of objects in its workspaces. */
export class RepositoryEvents {
  readonly #repository: Repository;
  readonly #sources: KubeClient[];
  readonly #signal: AbortSignal;
  readonly #lists = new Map<KubeClient, KubeList<CoreEvent>>();

  constructor(
    repository: Repository,
    { fleet, signal }: { fleet: Fleet; signal: AbortSignal },
  ) {
    this.#repository = repository;
    this.#sources = [...new Set([fleet.hub, fleet.all])];
    this.#signal = signal;
  }

  /** Those that there are, the oldest first. */
  async list(): Promise<CoreEvent[]> {
    const found: CoreEvent[] = [];
    for (const client of this.#sources) {
      const list = await this.#list(client);
      this.#lists.set(client, list);
      found.push(...list.items.filter((event) => this.#isOwn(event)));
    }
    return found.sort((a, b) => eventMoment(a) - eventMoment(b));
  }

  /** Calls `each` with those that come, and repeats, until the signal ends it. */
  async follow(each: (event: CoreEvent) => void): Promise<void> {
    await Promise.all(
      this.#sources.map((client) => this.#follow(client, each)),
    );
  }

  async #follow(
    client: KubeClient,
    each: (event: CoreEvent) => void,
  ): Promise<void> {
    let list = this.#lists.get(client) ?? await this.#list(client);
    let { resourceVersion } = list.metadata;
    const seen = new Map(list.items.map((e) => [e.metadata.uid, e.count]));
    const tell = (event: CoreEvent) => {
      if (!this.#isOwn(event)) return;
      const { uid } = event.metadata;
      if (seen.has(uid) && seen.get(uid) === event.count) return;
      seen.set(uid, event.count);
      each(event);
    };
    const signal = this.#signal;
    while (!signal.aborted) {
      try {
        const events = client.watch<CoreEvent>(Event, {
          ...(resourceVersion ? { resourceVersion } : {}),
          signal,
        });
        for await (const { type, object } of events) {
          resourceVersion = object.metadata.resourceVersion;
          if (type === "ADDED" || type === "MODIFIED") tell(object);
          if (type === "DELETED") seen.delete(object.metadata.uid);
        }
      } catch (error) {
        if (signal.aborted) return;
        const silent = error instanceof DOMException &&
          error.name === "TimeoutError";
        if (!isGone(error) && !silent) throw error;
        list = await this.#list(client);
        ({ resourceVersion } = list.metadata);
        list.items.forEach(tell);
      }
    }
  }

  async #list(client: KubeClient): Promise<KubeList<CoreEvent>> {
    const signal = this.#signal;
    try {
      return await client.listAll<CoreEvent>(Event, { signal });
    } catch (error) {
      const { code } = error instanceof KubeApiError ? error : { code: 0 };
      // On kcp, workspaces may not show theirs.
      if (client === this.#sources[0] || (code !== 403 && code !== 404)) {
        throw error;
      }
      return { apiVersion: "v1", kind: "EventList", metadata: {}, items: [] };
    }
  }

  #isOwn(event: CoreEvent): boolean {
    const { name } = this.#repository.metadata;
    const { kind, name: of, namespace } = event.involvedObject ?? {};
    if (kind === "Repository") return of === name;
    const component = event.reportingComponent || event.source?.component;
    if (component !== COMPONENT) return false;
    const workspace = kind === "Workspace" ? of : namespace;
    return !!this.#repository.status?.workspaces?.some((w) =>
      w.name === workspace
    );
  }
}
