import type { Kind } from "../../api/kind.ts";
import { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { CompareSchemas } from "../compare_schemas.ts";
import type { ClusterConfig } from "../cluster_config.ts";
import { LinkedSignal } from "../linked_signal.ts";
import type { Logger } from "../log.ts";
import type { WorkspaceProvider } from "../workspace_provider.ts";
import { followBindings } from "./bindings.ts";
import { bootstrap } from "./bootstrap.ts";
import { connectKcp } from "./connect_kcp.ts";
import { tenantKinds } from "./exports.ts";
import { kcpKinds } from "./kcp_kinds.ts";
import { kcpWorkspaces } from "./kcp_workspaces.ts";
import { kcpServer } from "./path.ts";
import { viewWorkspaces } from "./view_workspaces.ts";

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
  const connection = connectKcp(config, { clock, onWarning });
  const { server, connect, at, within } = connection;
  const close = () => {
    stop.abort();
    stop[Symbol.dispose]();
    connection[Symbol.dispose]();
  };
  try {
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
    const user = await whoAmI(within(path), signal);
    const follow = { log, clock, signal };
    const { rest, index, endpoints, exports: resources } = viewWorkspaces({
      connection,
      path,
      ...follow,
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
          { exports, index, endpoints, connect, ...follow },
          listener,
        ),
      kinds: (listener) =>
        kcpKinds(
          {
            within,
            at,
            path,
            exports: resources,
            index,
            endpoints,
            connect,
            compare,
            ...follow,
          },
          listener,
        ),
      user,
      clock,
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
