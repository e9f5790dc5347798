import { type Clock, systemClock } from "./clock.ts";
import type { RestClient } from "./contract.ts";
import { isNotFound } from "./kube_api_error.ts";
import { parseApiVersion, type Resource } from "./resource.ts";

interface ApiResourceList {
  resources?: {
    name: string;
    kind: string;
    namespaced: boolean;
    group?: string;
    version?: string;
  }[];
}

/** How long a kind that was not there is taken not to be, in milliseconds. */
const MISSING_TTL = 1000;

/** Finds out which resource serves a kind. */
export class Discovery {
  readonly #rest: RestClient;
  readonly #clock: Clock;
  readonly #versions = new Map<
    string,
    { at: number; resources: Promise<Resource[]> }
  >();

  readonly #preferred = new Map<string, string>();

  constructor(rest: RestClient, options: { clock?: Clock } = {}) {
    this.#rest = rest;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * The resource of a kind; none where the server does not serve it.
   *
   * Answers are kept; one that lacks the kind only for a second, since a CRD
   * may just be on its way.
   */
  async find(
    apiVersion: string,
    kind: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<Resource | undefined> {
    const seek = async () =>
      (await this.#load(apiVersion, options.signal))
        .find((r) => r.kind === kind);
    const found = await seek();
    if (found) return found;
    const loaded = this.#versions.get(apiVersion);
    if (loaded && this.#clock.now() - loaded.at < MISSING_TTL) return undefined;
    this.#versions.delete(apiVersion);
    return await seek();
  }

  /** All resources of a group and version, without subresources. */
  list(
    apiVersion: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<Resource[]> {
    return this.#load(apiVersion, options.signal);
  }

  /** The version of a group that the server prefers; undefined where it does not serve the group. Kept once known. */
  async preferredVersion(
    group: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<string | undefined> {
    if (group === "") return "v1"; // the core group has no other
    const known = this.#preferred.get(group);
    if (known) return known;
    try {
      const { preferredVersion } = await this.#rest.performRequest({
        method: "GET",
        path: `/apis/${encodeURIComponent(group)}`,
        expectJson: true,
        abortSignal: options.signal,
      }) as unknown as { preferredVersion?: { version: string } };
      if (preferredVersion) {
        this.#preferred.set(group, preferredVersion.version);
      }
      return preferredVersion?.version;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Forgets what is known of an apiVersion, or of all. */
  invalidate(apiVersion?: string): void {
    if (apiVersion === undefined) {
      this.#versions.clear();
      this.#preferred.clear();
    } else this.#versions.delete(apiVersion);
  }

  #load(apiVersion: string, signal?: AbortSignal): Promise<Resource[]> {
    const known = this.#versions.get(apiVersion);
    if (known) return known.resources;
    const entry = {
      at: this.#clock.now(),
      resources: this.#fetch(apiVersion, signal),
    };
    this.#versions.set(apiVersion, entry);
    entry.resources.catch(() => {
      if (this.#versions.get(apiVersion) === entry) {
        this.#versions.delete(apiVersion);
      }
    });
    return entry.resources;
  }

  async #fetch(apiVersion: string, signal?: AbortSignal): Promise<Resource[]> {
    const { group, version } = parseApiVersion(apiVersion);
    let list: ApiResourceList;
    try {
      list = await this.#rest.performRequest({
        method: "GET",
        path: group ? `/apis/${group}/${version}` : `/api/${version}`,
        expectJson: true,
        abortSignal: signal,
      }) as unknown as ApiResourceList;
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
    return (list.resources ?? [])
      .filter((r) => !r.name.includes("/"))
      .map((r) => ({
        group: r.group || group,
        version: r.version || version,
        plural: r.name,
        kind: r.kind,
        namespaced: r.namespaced,
      }));
  }
}
