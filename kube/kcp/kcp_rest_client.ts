import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type {
  JSONValue,
  KubernetesTunnel,
  RequestOptions,
  RestClient,
} from "../contract.ts";
import type { Impersonation } from "../cluster_config.ts";
import type { Clock } from "../clock.ts";
import { KubeApiError } from "../kube_api_error.ts";
import { type Logger, silentLogger } from "../log.ts";
import { isReservedNamespace } from "../namespace_workspaces.ts";
import type { KubeRestClient } from "../rest_client.ts";
import { listAll, type Source, watchAll } from "./all_workspaces.ts";
import type { ExportEndpoints } from "./export_endpoints.ts";
import { isClaimed } from "./exports.ts";
import { CLUSTER_ANNOTATION } from "./kinds.ts";
import { TENANT_NAMESPACE, toHub, toTenant } from "./namespaces.ts";
import { type ApiPath, formatApiPath, parseApiPath } from "./path.ts";
import type { ExportsOfResources } from "./plugin_exports.ts";
import type { WorkspaceIndex } from "./workspace_index.ts";

/** Options of {@linkcode KcpRestClient}. */
export interface KcpRestClientOptions {
  /** Carries requests to the kcp server, as the hub. */
  server: KubeRestClient;
  /** Carries requests to another origin, that of a shard, as the hub. */
  connect: (origin: string) => KubeRestClient;
  /** The hub's own workspace: `root:faros`. */
  hub: string;
  index: WorkspaceIndex;
  endpoints: ExportEndpoints;
  /** Which APIExport has a resource. */
  exports: ExportsOfResources;
  /** Streams under way, to all of kcp. */
  openStreams: () => number;
  log?: Logger | undefined;
  clock?: Clock | undefined;
  /** Requests are about that workspace, and no other. @default all, and the hub's own */
  only?: string;
}

/**
 * Shows workspaces of kcp as if they were namespaces of one cluster, so that nothing above knows of kcp.
 *
 * Namespace `factory-a` is namespace `default` of the workspace that the hub made for Workspace `factory-a`; requests
 * for it go to that workspace's own URL. Lists and watches of all namespaces go to the virtual workspaces of the
 * APIExport that has or claims the resource. All else, and namespaces that are no workspace's, is the hub's own
 * workspace. Of which workspace an object is, kcp says (annotation `kcp.io/cluster`, which it writes over whatever is
 * there); objects of other clusters, and of other namespaces in a workspace, are left out.
 */
export class KcpRestClient implements RestClient {
  readonly #options: KcpRestClientOptions;

  constructor(options: KcpRestClientOptions) {
    this.#options = options;
  }

  get openStreams(): number {
    return this.#options.openStreams();
  }

  /** A client that acts as somebody else, on the same connections. */
  withImpersonation(who: Impersonation): KcpRestClient {
    const { server, connect } = this.#options;
    return new KcpRestClient({
      ...this.#options,
      server: server.withImpersonation(who),
      connect: (origin) => connect(origin).withImpersonation(who),
    });
  }

  /** A client of one workspace alone, as its own identity `who`. */
  within(workspace: string, who: Impersonation): KcpRestClient {
    const { server } = this.#options;
    return new KcpRestClient({
      ...this.#options,
      server: server.withImpersonation(who),
      only: workspace,
    });
  }

  close(): void {
    this.#options.server.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  performRequest(
    opts: RequestOptions & { expectTunnel: string[] },
  ): Promise<KubernetesTunnel>;
  performRequest(
    opts: RequestOptions & { expectStream: true; expectJson: true },
  ): Promise<ReadableStream<JSONValue>>;
  performRequest(
    opts: RequestOptions & { expectStream: true },
  ): Promise<ReadableStream<Uint8Array>>;
  performRequest(
    opts: RequestOptions & { expectJson: true },
  ): Promise<JSONValue>;
  performRequest(opts: RequestOptions): Promise<Uint8Array>;
  async performRequest(opts: RequestOptions): Promise<unknown> {
    const { only, hub } = this.#options;
    const path = parseApiPath(opts.path);
    const { namespace } = path ?? {};
    if (
      path && namespace !== undefined &&
      (only || !isReservedNamespace(namespace))
    ) {
      return await this.#inWorkspace(namespace, path, opts);
    }
    const asked = opts.method === "POST" &&
      path?.group === "authorization.k8s.io" && reviewedNamespace(opts);
    if (asked && (only || !isReservedNamespace(asked))) {
      return await this.#review(asked, opts);
    }
    if (only) return await this.#send(await this.#clusterOf(only), opts);
    const exported = path?.plural && !path.rest && opts.method === "GET" &&
      namespace === undefined &&
      this.#options.exports.of({ group: path.group, plural: path.plural });
    if (!exported) return await this.#send(hub, opts);
    return await this.#inAll(exported, path, opts);
  }

  /** A request to one cluster, as it is. */
  #send(cluster: string, opts: RequestOptions): Promise<unknown> {
    return this.#options.server.performRequest({
      ...opts,
      path: `/clusters/${cluster}${opts.path}`,
    });
  }

  /** What somebody may do in a workspace, its own RBAC says. */
  async #review(workspace: string, opts: RequestOptions): Promise<unknown> {
    const body = opts.bodyJson as unknown as Review;
    return await this.#send(await this.#clusterOf(workspace), {
      ...opts,
      bodyJson: {
        ...body,
        spec: {
          ...body.spec,
          resourceAttributes: {
            ...body.spec?.resourceAttributes,
            namespace: TENANT_NAMESPACE,
          },
        },
      } as unknown as JSONValue,
    });
  }

  async #clusterOf(workspace: string): Promise<string> {
    const { index, only } = this.#options;
    if (only === undefined || only === workspace) {
      // One that is not known yet may be among those that are about to be read.
      if (!index.clusterOf(workspace)) await index.synced;
      const cluster = index.clusterOf(workspace);
      if (cluster) return cluster;
    }
    throw new KubeApiError({
      code: 404,
      reason: "NotFound",
      message: only === undefined
        ? `there is no workspace ${workspace}`
        : `${workspace} is not workspace ${only}`,
      details: { name: workspace, kind: "namespaces" },
    });
  }

  async #inWorkspace(
    workspace: string,
    path: ApiPath,
    opts: RequestOptions,
  ): Promise<unknown> {
    const of = { workspace, plural: path.plural };
    const answer = await this.#send(await this.#clusterOf(workspace), {
      ...opts,
      path: formatApiPath(path, TENANT_NAMESPACE),
      ...(opts.bodyJson === undefined
        ? {}
        : { bodyJson: toTenant(opts.bodyJson, of) }),
    });
    if (!opts.expectJson) return answer;
    if (opts.expectStream) {
      return (answer as ReadableStream<JSONValue>).pipeThrough(
        new TransformStream({
          transform(value, controller) {
            const event = value as unknown as { object: KubeObject };
            controller.enqueue({ ...event, object: toHub(event.object, of) });
          },
        }),
      );
    }
    const object = answer as KubeObject & { items?: KubeObject[] };
    return Array.isArray(object.items)
      ? { ...object, items: object.items.map((item) => toHub(item, of)) }
      : toHub(object, of);
  }

  async #inAll(
    exported: string,
    path: ApiPath,
    opts: RequestOptions,
  ): Promise<unknown> {
    const { index, endpoints, log = silentLogger, clock } = this.#options;
    await Promise.all([index.synced, endpoints.synced]);
    const sources = this.#sources(exported, path);
    if (!opts.querystring?.has("watch")) return await listAll(sources, opts);
    const ids = (of: Source[]) => of.map(({ id }) => id).join();
    return await watchAll(sources, opts, {
      onChange: (listener) => {
        return endpoints.on(() => {
          const now = this.#sources(exported, path);
          if (ids(now) !== ids(sources)) listener();
        });
      },
      onAway: ({ id }, error) =>
        log.warn(
          "Cannot follow a part of the workspaces; the others go on",
          { resource: path.plural, endpoint: id, error },
        ),
      clock,
    });
  }

  /** Where the objects of a resource are: in the virtual workspaces, one a shard, and what the hub itself has of it. */
  #sources(exported: string, path: ApiPath): Source[] {
    const { server, connect, hub, index, endpoints } = this.#options;
    const { group, plural } = path as ApiPath & { plural: string };
    const shards = endpoints.of(exported).map((url): Source => ({
      id: url,
      rest: connect(new URL(url).origin),
      path: `${new URL(url).pathname}/clusters/*${formatApiPath(path)}`,
      adopt(object) {
        const { annotations, namespace } = object.metadata;
        const cluster = annotations?.[CLUSTER_ANNOTATION];
        const workspace = cluster && index.workspaceOf(cluster);
        if (!workspace || namespace !== TENANT_NAMESPACE) return undefined;
        return toHub(object, { workspace, plural });
      },
      isPast: ({ metadata }) =>
        index.isSuperseded(metadata.annotations?.[CLUSTER_ANNOTATION] ?? ""),
      late: {
        recognized: index.recognized,
        path: (cluster) =>
          `${new URL(url).pathname}/clusters/${cluster}${formatApiPath(path)}`,
      },
    }));
    if (!isClaimed({ group, plural })) return shards;
    const own = formatApiPath(path, SYSTEM_NAMESPACE);
    return [...shards, {
      id: "hub",
      rest: server,
      path: `/clusters/${hub}${own}`,
      adopt: (object) => object,
    }];
  }
}

interface Review {
  spec?: { resourceAttributes?: { namespace?: string } };
}

function reviewedNamespace({ bodyJson }: RequestOptions): string | undefined {
  return (bodyJson as Review | undefined)?.spec?.resourceAttributes?.namespace;
}
