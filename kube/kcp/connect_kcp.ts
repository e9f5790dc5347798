import { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { ClusterConfig } from "../cluster_config.ts";
import { KCP_WATCH } from "../rest/shorten_watch.ts";
import { createRestClient, type KubeRestClient } from "../rest_client.ts";
import { belowPath } from "./below_path.ts";
import { kcpServer } from "./path.ts";

/** Connections to all that kcp is: its server and, where they are elsewhere, its shards. */
export interface KcpConnection extends Disposable {
  /** URL of the server, without a workspace. */
  readonly server: string;
  /** Carries requests to an origin. */
  connect(origin: string): KubeRestClient;
  /** A client of what is at a URL. */
  at(url: string): KubeClient;
  /** A client of a workspace, by its path or the name of its cluster. */
  within(cluster: string): KubeClient;
  /** Streams under way, over all connections. */
  readonly openStreams: number;
}

/** Connects to kcp as one identity. */
export function connectKcp(
  config: ClusterConfig,
  options: { clock?: Clock; onWarning?: (text: string) => void } = {},
): KcpConnection {
  const server = kcpServer(config.server);
  const connections = new Map<string, KubeRestClient>();
  // The certificates of shards are of the same authority.
  const connect = (origin: string): KubeRestClient => {
    let rest = connections.get(origin);
    if (!rest) {
      rest = createRestClient({ ...config, server: origin }, {
        ...options,
        maxWatchSeconds: KCP_WATCH,
      });
      connections.set(origin, rest);
    }
    return rest;
  };
  const at = (url: string) => {
    const { origin, pathname } = new URL(url);
    return new KubeClient(belowPath(connect(origin), pathname));
  };
  return {
    server,
    connect,
    at,
    within: (cluster) => at(`${server}/clusters/${cluster}`),
    get openStreams() {
      let sum = 0;
      for (const rest of connections.values()) sum += rest.openStreams;
      return sum;
    },
    [Symbol.dispose]() {
      for (const rest of connections.values()) rest.close();
    },
  };
}
