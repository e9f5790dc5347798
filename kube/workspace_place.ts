/** Where a workspace's objects are. */
export interface WorkspacePlace {
  /** URL of the API server that has them; with kcp's path where it is a kcp workspace. */
  server: string;
  /** Namespace that they are in there. */
  namespace: string;
}

/** Namespace of a workspace that has an API server of its own to all appearance. */
const OWN_NAMESPACE = "default";

/**
 * Reads a Workspace's `status.workspaceURL`: a server and a namespace of it,
 * or a server that is all the workspace's own.
 *
 * @throws where it is no URL
 */
export function workspacePlace(workspaceURL: string): WorkspacePlace {
  const url = new URL(workspaceURL);
  const [path, namespace = OWN_NAMESPACE] = url.pathname
    .split("/api/v1/namespaces/");
  return {
    server: `${url.origin}${path!.replace(/\/+$/, "")}`,
    namespace: decodeURIComponent(namespace.replace(/\/+$/, "")),
  };
}
