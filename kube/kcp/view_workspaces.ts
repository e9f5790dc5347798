import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { KcpConnection } from "./connect_kcp.ts";
import { ExportEndpoints } from "./export_endpoints.ts";
import { KcpRestClient } from "./kcp_rest_client.ts";
import { ExportsOfResources } from "./plugin_exports.ts";
import { WorkspaceIndex } from "./workspace_index.ts";

/** Options of {@linkcode viewWorkspaces}. */
export interface ViewWorkspacesOptions {
  connection: KcpConnection;
  /** The hub's own workspace. */
  path: string;
  log?: Logger;
  clock?: Clock;
  /** Ends it. */
  signal: AbortSignal;
}

/** All workspaces of a hub as namespaces, and what says where they are. */
export interface WorkspacesView {
  rest: KcpRestClient;
  index: WorkspaceIndex;
  endpoints: ExportEndpoints;
  exports: ExportsOfResources;
}

/** Shows the workspaces of a hub on a kcp that is ready for Faros. */
export function viewWorkspaces(options: ViewWorkspacesOptions): WorkspacesView {
  const { connection, path, log, clock, signal } = options;
  const { server, connect, at } = connection;
  const follow = { client: connection.within(path), log, clock, signal };
  const index = new WorkspaceIndex(follow);
  const endpoints = new ExportEndpoints({ ...follow, at });
  const exports = new ExportsOfResources();
  const rest = new KcpRestClient({
    server: connect(new URL(server).origin),
    connect,
    hub: path,
    index,
    endpoints,
    exports,
    log,
    clock,
    openStreams: () => connection.openStreams,
  });
  return { rest, index, endpoints, exports };
}
