import type { Kind } from "../../api/kind.ts";
import { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { ClusterConfig } from "../cluster_config.ts";
import { LinkedSignal } from "../linked_signal.ts";
import type { Logger } from "../log.ts";
import { createRestClient, type KubeRestClient } from "../rest_client.ts";
import type { WorkspaceProvider } from "../workspace_provider.ts";
import { belowPath } from "./below_path.ts";
import { followBindings } from "./bindings.ts";
import { bootstrap } from "./bootstrap.ts";
import type { CompareSchemas } from "./check_upgrade.ts";
import { ExportEndpoints } from "./export_endpoints.ts";
import { tenantKinds } from "./exports.ts";
import { KcpRestClient } from "./kcp_rest_client.ts";
import { kcpWorkspaces } from "./kcp_workspaces.ts";
import { kcpServer } from "./path.ts";
import { WorkspaceIndex } from "./workspace_index.ts";

/** Options of {@linkcode openKcp}. */
export interface OpenKcpOptions {
  /** A kcp server, and the hub's identity on it. */
  config: ClusterConfig;
  /** The hub's own workspace, made where it is not there. @default {"root:faros"} */
  path?: string;
  /** URL of the kcp server, as devices and people reach it. @default that of `config` */
  server?: string;
  /** Kinds that tenants see. @default all that are in a workspace */
  kinds?: readonly Kind[];
  /** How stored objects are looked at before a kind's schema changes. @default not at all */
  compare?: CompareSchemas;
  onWarning?: (text: string) => void;
  log?: Logger;
  clock?: Clock;
  /** Ends it. */
  signal: AbortSignal;
}

/** kcp, made ready for a hub. */
export interface Kcp extends AsyncDisposable {
  /** All workspaces as namespaces, and the hub's own workspace for all else. */
  client: KubeClient;
  provider: WorkspaceProvider;
}

/**
 * Makes kcp ready for a hub, and gives what the hub needs to work on it.
 *
 * @throws where kcp refuses it, or the identity is a ServiceAccount
 */
export async function openKcp(options: OpenKcpOptions): Promise<Kcp> {
  const { config, path = "root:faros", log, clock, onWarning } = options;
  const stop = new LinkedSignal(options.signal);
  const { signal } = stop;
  const server = kcpServer(config.server);
  const connections = new Map<string, KubeRestClient>();
  // Shards may be elsewhere; their certificates are of the same authority.
  const connect = (origin: string): KubeRestClient => {
    let rest = connections.get(origin);
    if (!rest) {
      const at = { ...config, server: origin };
      rest = createRestClient(at, { clock, onWarning });
      connections.set(origin, rest);
    }
    return rest;
  };
  const close = () => {
    stop.abort();
    stop[Symbol.dispose]();
    for (const rest of connections.values()) rest.close();
  };
  try {
    const at = (url: string) => {
      const { origin, pathname } = new URL(url);
      return new KubeClient(belowPath(connect(origin), pathname));
    };
    const within = (cluster: string) => at(`${server}/clusters/${cluster}`);
    const { kinds = tenantKinds, compare } = options;
    const exports = [...new Set(kinds.map((kind) => kind.group))];
    const type = await bootstrap({
      at,
      within,
      path,
      kinds,
      compare,
      clock,
      signal,
    });
    const own = within(path);
    const follow = { client: own, log, clock, signal };
    const index = new WorkspaceIndex(follow);
    const endpoints = new ExportEndpoints({ ...follow, at });
    const rest = new KcpRestClient({
      server: connect(new URL(server).origin),
      connect,
      hub: path,
      index,
      endpoints,
      openStreams: () =>
        [...connections.values()].reduce((sum, c) => sum + c.openStreams, 0),
    });
    const client = new KubeClient(rest);
    const provider = kcpWorkspaces({
      client,
      rest,
      index,
      at,
      within,
      server: kcpServer(options.server ?? server),
      path,
      type,
      exports,
      followBindings: (listener) =>
        followBindings(
          { exports, index, endpoints, connect, log, clock, signal },
          listener,
        ),
      user: await whoAmI(own, signal),
    });
    return {
      client,
      provider,
      [Symbol.asyncDispose]: () => Promise.resolve(close()),
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function whoAmI(
  client: KubeClient,
  signal: AbortSignal,
): Promise<string> {
  const answer = await client.rest.performRequest({
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    bodyJson: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "SelfSubjectReview",
    },
    expectJson: true,
    abortSignal: signal,
  }) as { status: { userInfo: { username: string } } };
  const { username } = answer.status.userInfo;
  if (username.startsWith("system:serviceaccount:")) {
    throw new Error(
      `Cannot run the hub as ${username}: in each tenant's workspace that name is a ServiceAccount of the tenant's own; give the hub a user (a client certificate, or a token of kcp's)`,
    );
  }
  return username;
}
