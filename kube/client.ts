import type { KubeList, KubeObject } from "../api/meta.ts";
import {
  type AccessAnswer,
  type AccessReview,
  accessReview,
} from "./access_review.ts";
import type {
  ApplyOptions,
  CreateOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  PatchOptions,
  RequestScope,
  WriteOptions,
} from "./client_options.ts";
import type { Impersonation } from "./cluster_config.ts";
import type { HttpMethods, RestClient } from "./contract.ts";
import {
  type CreatedToken,
  createToken,
  type CreateTokenOptions,
} from "./create_token.ts";
import { Discovery } from "./discovery.ts";
import { isGone, isNotFound } from "./kube_api_error.ts";
import { type JsonRequest, requestJson } from "./request_json.ts";
import { apiVersionOf, type Resource, resourcePath } from "./resource.ts";
import type { KubeRestClient } from "./rest_client.ts";
import {
  tokenReview,
  type TokenReviewOptions,
  type TokenReviewStatus,
} from "./token_review.ts";
import { watch, type WatchEvent, type WatchOptions } from "./watch.ts";

/** Items of one page of {@linkcode KubeClient.listAll}. */
const PAGE = 500;

/** Typed access to the objects of one Kubernetes API, as one identity. */
export class KubeClient {
  /** What carries the requests. */
  readonly rest: RestClient;
  /** What the server serves. */
  readonly discovery: Discovery;

  constructor(rest: RestClient, options: { discovery?: Discovery } = {}) {
    this.rest = rest;
    this.discovery = options.discovery ?? new Discovery(rest);
  }

  /** Reads an object. @throws {KubeApiError} 404 where it is not there */
  get<T extends KubeObject = KubeObject>(
    resource: Resource,
    name: string,
    options: GetOptions = {},
  ): Promise<T> {
    return this.#request("GET", this.#path(resource, { name, ...options }), {
      signal: options.signal,
    });
  }

  /** Reads an object that need not be there. */
  async tryGet<T extends KubeObject = KubeObject>(
    resource: Resource,
    name: string,
    options: RequestScope = {},
  ): Promise<T | undefined> {
    try {
      return await this.get<T>(resource, name, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Lists objects, in all namespaces where none is given. */
  async list<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: ListOptions = {},
  ): Promise<KubeList<T>> {
    const query = new URLSearchParams();
    const { namespace, signal, ...rest } = options;
    for (const [key, value] of Object.entries(rest)) {
      if (value !== undefined && value !== "") query.set(key, String(value));
    }
    const path = resourcePath(resource, { namespace });
    const list = await this.#request<KubeList<T>>("GET", path, {
      query,
      signal,
    });
    // A proxy's own answer, or half of one, would read as if all were gone.
    if (!list?.kind?.endsWith("List") || !Array.isArray(list.items ?? [])) {
      throw new Error(
        `Cannot list ${resource.plural}: the answer to GET ${path} is no list of Kubernetes, but ${
          JSON.stringify(list)?.slice(0, 100)
        }; does something else answer for the API server?`,
      );
    }
    // Items of built-in lists come without them.
    const apiVersion = apiVersionOf(resource);
    list.items ??= [];
    for (const item of list.items) {
      item.apiVersion ??= apiVersion;
      item.kind ??= resource.kind;
    }
    return list;
  }

  /** Lists objects page by page, and returns them as one list. */
  async listAll<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: Omit<ListOptions, "continue"> = {},
  ): Promise<KubeList<T>> {
    const limit = options.limit ?? PAGE;
    const first = await this.list<T>(resource, { ...options, limit });
    const items = first.items;
    let token = first.metadata?.continue;
    while (token) {
      let page;
      try {
        page = await this.list<T>(resource, {
          ...options,
          // A continue token carries its own.
          resourceVersion: undefined,
          resourceVersionMatch: undefined,
          limit,
          continue: token,
        });
      } catch (error) {
        if (!isGone(error)) throw error;
        // The pages' common state has been compacted away: all at once.
        return await this.list<T>(resource, { ...options, limit: undefined });
      }
      for (const item of page.items) items.push(item);
      token = page.metadata?.continue;
    }
    return {
      ...first,
      metadata: {
        ...first.metadata,
        continue: undefined,
        remainingItemCount: undefined,
      },
    };
  }

  /** Creates an object. @throws {KubeApiError} AlreadyExists */
  create<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: CreateOptions = {},
  ): Promise<T> {
    const namespace = options.namespace ?? object.metadata?.namespace;
    // Only a subresource (a token, an eviction) is created under a name.
    const name = options.subresource
      ? options.name ?? object.metadata?.name
      : undefined;
    return this.#request(
      "POST",
      this.#path(resource, { ...options, namespace, name }),
      {
        query: writeQuery(options),
        body: withKind(resource, object),
        signal: options.signal,
      },
    );
  }

  /**
   * Replaces an object. With `metadata.resourceVersion` only if it has not
   * changed since. @throws {KubeApiError} Conflict
   */
  update<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const { name } = object.metadata;
    const namespace = options.namespace ?? object.metadata.namespace;
    return this.#request(
      "PUT",
      this.#path(resource, { ...options, namespace, name }),
      {
        query: writeQuery(options),
        body: withKind(resource, object),
        signal: options.signal,
      },
    );
  }

  /** Changes an object. */
  patch<T extends KubeObject = KubeObject>(
    resource: Resource,
    name: string,
    patch: unknown,
    options: PatchOptions = {},
  ): Promise<T> {
    return this.#request("PATCH", this.#path(resource, { ...options, name }), {
      query: writeQuery(options),
      body: patch,
      contentType: PATCH_TYPES[options.type ?? "merge"],
      signal: options.signal,
    });
  }

  /**
   * Server-side apply: makes the fields of `object` so, and lets go of those
   * that `fieldManager` applied before and left out now.
   *
   * `metadata.managedFields`, `resourceVersion` and what else the server alone
   * sets is not sent, so that what was read can be applied. A `metadata.uid`
   * is: only that very object is changed, and none created.
   * @throws {KubeApiError} Conflict where another manager owns a field and
   * `force` is not set, or the object is of another version
   */
  apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: ApplyOptions,
  ): Promise<T> {
    const { resourceVersion } = options;
    const {
      managedFields: _1,
      resourceVersion: _2,
      creationTimestamp: _3,
      generation: _4,
      ...metadata
    } = object.metadata;
    const query = writeQuery(options);
    if (options.force) query.set("force", "true");
    return this.#request(
      "PATCH",
      this.#path(resource, {
        ...options,
        namespace: options.namespace ?? metadata.namespace,
        name: metadata.name,
      }),
      {
        query,
        body: withKind(resource, {
          ...object,
          metadata: {
            ...metadata,
            ...(resourceVersion ? { resourceVersion } : {}),
          },
        }),
        contentType: "application/apply-patch+yaml",
        signal: options.signal,
      },
    );
  }

  /** Deletes an object: at once, or when its finalizers are done. */
  async delete(
    resource: Resource,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const { uid, resourceVersion, dryRun } = options;
    try {
      await this.#request(
        "DELETE",
        this.#path(resource, { ...options, name }),
        {
          body: {
            apiVersion: "v1",
            kind: "DeleteOptions",
            preconditions: uid || resourceVersion
              ? { uid, resourceVersion }
              : undefined,
            propagationPolicy: options.propagationPolicy,
            gracePeriodSeconds: options.gracePeriodSeconds,
            dryRun: dryRun ? ["All"] : undefined,
          },
          signal: options.signal,
        },
      );
    } catch (error) {
      if (!(options.ignoreNotFound && isNotFound(error))) throw error;
    }
  }

  /** Watches once; {@linkcode createInformer} is what goes on for ever. */
  watch<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    return watch<T>(this.rest, resource, options);
  }

  /** A token of a ServiceAccount. */
  createToken(
    namespace: string,
    serviceAccount: string,
    options: CreateTokenOptions = {},
  ): Promise<CreatedToken> {
    return createToken(this.rest, { ...options, namespace, serviceAccount });
  }

  /** Asks the server whose token that is. */
  tokenReview(
    token: string,
    options: TokenReviewOptions = {},
  ): Promise<TokenReviewStatus> {
    return tokenReview(this.rest, { ...options, token });
  }

  /** Asks the server whether somebody (or this client itself) may. */
  accessReview(
    question: AccessReview,
    options: { signal?: AbortSignal } = {},
  ): Promise<AccessAnswer> {
    return accessReview(this.rest, { ...options, question });
  }

  /** The resource that serves a kind, of which discovery is kept. */
  discover(
    apiVersion: string,
    kind: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<Resource | undefined> {
    return this.discovery.find(apiVersion, kind, options);
  }

  /** A client that acts as somebody else, on the same connections. */
  withImpersonation(who: Impersonation): KubeClient {
    const rest = this.rest as RestClient & Partial<KubeRestClient>;
    if (!rest.withImpersonation) {
      throw new Error(
        `Cannot act as ${who.user}: this REST client knows no impersonation`,
      );
    }
    return new KubeClient(rest.withImpersonation(who), {
      discovery: this.discovery,
    });
  }

  /** Closes the connections. */
  close(): void {
    if (this.rest.close) this.rest.close();
    else this.rest[Symbol.dispose]();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #path(
    resource: Resource,
    of: { namespace?: string; name?: string; subresource?: string },
  ): string {
    const { name, subresource } = of;
    const namespace = of.namespace ?? this.rest.defaultNamespace;
    if (resource.namespaced && !namespace) {
      throw new Error(
        `Cannot address ${resource.kind} ${
          name ?? ""
        }: it is namespaced, and no namespace is given`,
      );
    }
    return resourcePath(resource, { namespace, name, subresource });
  }

  #request<T>(
    method: HttpMethods,
    path: string,
    options: Omit<JsonRequest, "method" | "path">,
  ): Promise<T> {
    return requestJson<T>(this.rest, { method, path, ...options });
  }
}

const PATCH_TYPES: Record<NonNullable<PatchOptions["type"]>, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

function writeQuery(options: WriteOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (options.dryRun) query.set("dryRun", "All");
  if (options.fieldManager) query.set("fieldManager", options.fieldManager);
  if (options.fieldValidation) {
    query.set("fieldValidation", options.fieldValidation);
  }
  return query;
}

function withKind<T extends KubeObject>(resource: Resource, object: T): T {
  if (object.apiVersion && object.kind) return object;
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}
