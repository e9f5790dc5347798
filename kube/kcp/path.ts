/**
 * Paths of the Kubernetes API and of kcp.
 *
 * @module
 */

/** A request's path, taken apart. */
export interface ApiPath {
  /** `/api/v1` or `/apis/group/version`. */
  prefix: string;
  group: string;
  namespace?: string;
  /** Plural of the resource; absent in a path of discovery. */
  plural?: string;
  /** What follows it: `/name/subresource`, or nothing. */
  rest: string;
}

/** Takes a path apart; undefined where it is of no group and version: `/version`, `/apis`. */
export function parseApiPath(path: string): ApiPath | undefined {
  const match = /^(\/api\/[^/]+|\/apis\/([^/]+)\/[^/]+)(?:\/(.*))?$/.exec(path);
  if (!match) return undefined;
  const [, prefix = "", group = "", tail = ""] = match;
  const parts = tail.split("/").filter(Boolean);
  // `namespaces/a` and `namespaces/a/status` are about the Namespace itself.
  const namespaced = parts[0] === "namespaces" && parts.length > 2 &&
    !(!group && parts.length === 3 &&
      ["status", "finalize"].includes(parts[2]!));
  const of = namespaced ? parts.slice(2) : parts;
  return {
    prefix,
    group,
    ...(namespaced ? { namespace: decodeURIComponent(parts[1]!) } : {}),
    ...(of[0] ? { plural: of[0] } : {}),
    rest: of.slice(1).map((part) => `/${part}`).join(""),
  };
}

/** The path again, in a namespace. */
export function formatApiPath(path: ApiPath, namespace?: string): string {
  const within = namespace === undefined
    ? ""
    : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${path.prefix}${within}${
    path.plural ? `/${path.plural}` : ""
  }${path.rest}`;
}

/** URL of a kcp server without what names a workspace: kubeconfigs may name any. */
export function kcpServer(url: string): string {
  return url.replace(/\/clusters\/.*$/, "").replace(/\/+$/, "");
}

/** The workspace that a kubeconfig's URL names: `root:faros`; undefined where it names none. */
export function kcpPath(url: string): string | undefined {
  return /\/clusters\/([^/]+)\/*$/.exec(url)?.[1];
}
