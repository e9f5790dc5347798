import {
  type ExecConfig,
  knownContexts,
  type Kubeconfig,
  type KubeconfigCluster,
  type KubeconfigUser,
  type NamedExtension,
} from "./kubeconfig.ts";

/** Whom to act as, where our own identity may. */
export interface Impersonation {
  user: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

/** One API server and one identity on it: all that a REST client needs. */
export interface ClusterConfig {
  /** URL, with a path where the API is not at the root (kcp). */
  server: string;
  /** PEM certificates to trust. @default the system's */
  caData?: string;
  /** PEM client certificate, together with `clientKey`. */
  clientCert?: string;
  /** PEM private key. */
  clientKey?: string;
  /** Bearer token. */
  token?: string;
  /** File with a bearer token, read again as it rotates. Wins over `token`. */
  tokenFile?: string;
  username?: string;
  password?: string;
  /** Program that hands out tokens. */
  exec?: ExecConfig;
  /** Name that the server's certificate must have. @default the URL's */
  tlsServerName?: string;
  /** Deno can do that only for a whole process; see {@linkcode createRestClient}. */
  insecureSkipTlsVerify?: boolean;
  proxyUrl?: string;
  /** Namespace of requests that name none. */
  namespace?: string;
  impersonate?: Impersonation;
  /** Extensions of the context. */
  extensions?: NamedExtension[];
  /** Reads all of it again from where it came: credentials expire, and others are put in their place. */
  reload?: () => Promise<ClusterConfig>;
}

/**
 * What a context of a kubeconfig means, with its files read.
 *
 * A token file is not read yet, since it rotates.
 *
 * @throws {Error} where the context, its cluster or its user is not there, or
 * a file of it cannot be read.
 */
export function clusterConfig(
  kubeconfig: Kubeconfig,
  options: {
    /** @default the current context, or the only one */
    context?: string;
  } = {},
): ClusterConfig {
  const name = options.context ?? kubeconfig["current-context"] ??
    (kubeconfig.contexts.length === 1
      ? kubeconfig.contexts[0]!.name
      : undefined);
  if (!name) {
    throw new Error(
      `Cannot choose a context: no current-context is set; ${
        knownContexts(kubeconfig)
      }`,
    );
  }
  const context = kubeconfig.contexts.find((c) => c.name === name)?.context;
  if (!context) {
    throw new Error(
      `Cannot use context ${JSON.stringify(name)}: ${
        knownContexts(kubeconfig)
      }`,
    );
  }
  const cluster = kubeconfig.clusters
    .find((c) => c.name === context.cluster)?.cluster;
  if (!cluster?.server) {
    throw new Error(
      `Cannot use context ${name}: its cluster ${
        JSON.stringify(context.cluster ?? "")
      } ${cluster ? "has no server" : "is not in the kubeconfig"}`,
    );
  }
  const user = context.user
    ? kubeconfig.users.find((u) => u.name === context.user)?.user
    : {};
  if (!user) {
    throw new Error(
      `Cannot use context ${name}: its user ${
        JSON.stringify(context.user)
      } is not in the kubeconfig`,
    );
  }
  return {
    ...clusterPart(cluster),
    ...userPart(user),
    namespace: context.namespace || undefined,
    extensions: context.extensions,
  };
}

function clusterPart(cluster: KubeconfigCluster): ClusterConfig {
  return {
    server: cluster.server!,
    caData: dataOrFile(cluster, "certificate-authority"),
    tlsServerName: cluster["tls-server-name"] || undefined,
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] || undefined,
    proxyUrl: cluster["proxy-url"] || undefined,
  };
}

function userPart(user: KubeconfigUser): Partial<ClusterConfig> {
  return {
    clientCert: dataOrFile(user, "client-certificate"),
    clientKey: dataOrFile(user, "client-key"),
    token: user.token || undefined,
    tokenFile: user.tokenFile || undefined,
    username: user.username || undefined,
    password: user.password,
    exec: user.exec,
    impersonate: user.as
      ? { user: user.as, uid: user["as-uid"], groups: user["as-groups"] }
      : undefined,
  };
}

/** `X-data` (base64) or the content of the file `X`. */
function dataOrFile(source: object, key: string): string | undefined {
  const fields = source as Record<string, string | undefined>;
  const data = fields[`${key}-data`];
  if (data) {
    try {
      return atob(data);
    } catch {
      throw new Error(`Cannot read ${key}-data of the kubeconfig: not base64`);
    }
  }
  const path = fields[key];
  if (!path) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new Error(
      `Cannot read ${key} of the kubeconfig: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
