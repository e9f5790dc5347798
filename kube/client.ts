import type { KubeList, KubeObject } from "../api/meta.ts";
import type { Impersonation } from "./cluster_config.ts";
import type { HttpMethods, JSONValue, RestClient } from "./contract.ts";
import { Discovery } from "./discovery.ts";
import { isGone, isNotFound } from "./kube_api_error.ts";
import { apiVersionOf, type Resource, resourcePath } from "./resource.ts";
import type { KubeRestClient } from "./rest_client.ts";
import { watch, type WatchEvent, type WatchOptions } from "./watch.ts";

/** Options of all requests for one object. */
export interface RequestScope {
  /** @default that of the object, else of the client */
  namespace?: string;
  signal?: AbortSignal;
}

/** Options of requests that write. */
export interface WriteOptions extends RequestScope {
  /** Ask the server to go all the way but for storing it. */
  dryRun?: boolean;
  /** Who writes, in `metadata.managedFields`. */
  fieldManager?: string;
  /** What to do about unknown fields. @default the server's (Warn) */
  fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** `status`, `scale` … */
  subresource?: string;
}

/** What to list. */
export interface ListOptions extends RequestScope {
  labelSelector?: string;
  fieldSelector?: string;
  /** Most items of an answer; the rest is at `metadata.continue`. */
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
}

/** What to delete, and how. */
export interface DeleteOptions extends RequestScope {
  /** Only if it is still that object. */
  uid?: string;
  /** Only if it has not changed since. */
  resourceVersion?: string;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  gracePeriodSeconds?: number;
  dryRun?: boolean;
  /** Do as if it had been there. */
  ignoreNotFound?: boolean;
}

/** Who a TokenReview says a token is. */
export interface TokenReviewStatus {
  authenticated: boolean;
  user?: {
    username: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
  };
  audiences?: string[];
  error?: string;
}

/** A question to the authorizer. */
export interface AccessReview {
  /** @default the client's own identity */
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
  verb: string;
  /** A path such as `/metrics`, instead of a resource. */
  nonResourcePath?: string;
  group?: string;
  version?: string;
  /** Plural. */
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

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
    options: RequestScope & { subresource?: string } = {},
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
    options: WriteOptions & { name?: string } = {},
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
    options: WriteOptions & { type?: keyof typeof PATCH_TYPES } = {},
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
   * @param options.resourceVersion Only this version of the object is changed.
   * @throws {KubeApiError} Conflict where another manager owns a field and
   * `force` is not set, or the object is of another version
   */
  apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions & {
      fieldManager: string;
      force?: boolean;
      resourceVersion?: string | undefined;
    },
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
  async createToken(
    namespace: string,
    serviceAccount: string,
    options: {
      expirationSeconds?: number;
      audiences?: string[];
      /** The token ends with that object. */
      boundObjectRef?: {
        apiVersion: string;
        kind: string;
        name: string;
        uid?: string;
      };
      signal?: AbortSignal;
    } = {},
  ): Promise<{ token: string; expirationTimestamp: string }> {
    const path = resourcePath(SERVICE_ACCOUNTS, {
      namespace,
      name: serviceAccount,
      subresource: "token",
    });
    const answer = await this.#request<
      { status: { token: string; expirationTimestamp: string } }
    >("POST", path, {
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
          expirationSeconds: options.expirationSeconds,
          audiences: options.audiences ?? [],
          boundObjectRef: options.boundObjectRef,
        },
      },
      signal: options.signal,
    });
    return answer.status;
  }

  /** Asks the server whose token that is. */
  async tokenReview(
    token: string,
    options: { audiences?: string[]; signal?: AbortSignal } = {},
  ): Promise<TokenReviewStatus> {
    const answer = await this.#request<{ status?: TokenReviewStatus }>(
      "POST",
      "/apis/authentication.k8s.io/v1/tokenreviews",
      {
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenReview",
          spec: { token, audiences: options.audiences },
        },
        signal: options.signal,
      },
    );
    return { ...answer.status, authenticated: !!answer.status?.authenticated };
  }

  /** Asks the server whether somebody (or this client itself) may. */
  async accessReview(
    question: AccessReview,
    options: { signal?: AbortSignal } = {},
  ): Promise<{ allowed: boolean; reason?: string }> {
    const { user, groups, uid, extra, verb, nonResourcePath } = question;
    const others = user !== undefined || groups !== undefined;
    const kind = others ? "SubjectAccessReview" : "SelfSubjectAccessReview";
    const { group, version, resource, subresource, namespace, name } = question;
    const attributes = nonResourcePath !== undefined
      ? { nonResourceAttributes: { path: nonResourcePath, verb } }
      : {
        resourceAttributes: {
          verb,
          group,
          version,
          resource,
          subresource,
          namespace,
          name,
        },
      };
    const answer = await this.#request<
      { status?: { allowed?: boolean; reason?: string } }
    >(
      "POST",
      `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`,
      {
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind,
          spec: others
            ? { user, groups, uid, extra, ...attributes }
            : attributes,
        },
        signal: options.signal,
      },
    );
    return {
      allowed: !!answer.status?.allowed,
      reason: answer.status?.reason || undefined,
    };
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

  async #request<T>(
    method: HttpMethods,
    path: string,
    options: {
      query?: URLSearchParams;
      body?: unknown;
      contentType?: string;
      signal?: AbortSignal;
    },
  ): Promise<T> {
    const answer = await this.rest.performRequest({
      method,
      path,
      querystring: options.query,
      bodyJson: options.body as JSONValue,
      contentType: options.contentType,
      abortSignal: options.signal,
      expectJson: true,
    });
    return answer as T;
  }
}

const SERVICE_ACCOUNTS: Resource = {
  group: "",
  version: "v1",
  plural: "serviceaccounts",
  kind: "ServiceAccount",
  namespaced: true,
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
