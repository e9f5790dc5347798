import { KubeClient } from "../kube/client.ts";
import { type ClusterConfig, clusterConfig } from "../kube/cluster_config.ts";
import { type Kubeconfig, loadKubeconfig } from "../kube/kubeconfig.ts";
import { createRestClient } from "../kube/rest_client.ts";
import type { RestClientOptions } from "../kube/rest_client_options.ts";
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";

/** Flags of commands that speak to a Kubernetes API. */
export const clusterOptions = {
  kubeconfig: {
    type: "string",
    value: "FILE",
    description:
      "The kubeconfig to use, instead of KUBECONFIG or ~/.kube/config",
  },
  context: {
    type: "string",
    value: "NAME",
    description:
      "The context of the kubeconfig to use, instead of its current one",
  },
} as const;

/** Flags of commands on what is in a workspace. */
export const workspaceOptions = {
  ...clusterOptions,
  workspace: {
    type: "string",
    short: "w",
    value: "NAME",
    description: "The workspace, instead of the context's namespace",
  },
  namespace: {
    type: "string",
    short: "n",
    value: "NAME",
    description: "The same, as kubectl calls it",
  },
} as const;

/** A Kubernetes API, as the kubeconfig says. */
export interface Cluster extends Disposable {
  client: KubeClient;
  kubeconfig: Kubeconfig;
  /** The API server and the identity on it. */
  config: ClusterConfig;
  /** URL of the API server. */
  server: string;
  /** CA certificates that sign the server's, PEM. */
  caData?: string;
  /** Namespace of the context, or undefined where it names none. */
  contextNamespace?: string;
}

/** Opens the Kubernetes API that flags and environment name; its warnings go to `io`. */
export async function openCluster(
  options: { kubeconfig?: string | undefined; context?: string | undefined },
  io?: Pick<Io, "err">,
  rest: Pick<RestClientOptions, "http2"> = {},
): Promise<Cluster> {
  const load = () =>
    loadKubeconfig({
      ...(options.kubeconfig === undefined ? {} : { path: options.kubeconfig }),
      ...(options.context === undefined ? {} : { context: options.context }),
    });
  const kubeconfig = await load();
  // Whatever becomes the current context later, it is this one that we use.
  const context = kubeconfig["current-context"];
  const config = {
    ...clusterConfig(kubeconfig),
    reload: async () => clusterConfig(await load(), { context }),
  };
  const client = new KubeClient(createRestClient(config, {
    ...rest,
    userAgent: "faros-cli",
    onWarning: (text) => io?.err(`Warning: ${text}`),
  }));
  return {
    client,
    kubeconfig,
    config,
    server: config.server,
    ...(config.caData ? { caData: config.caData } : {}),
    ...(config.namespace ? { contextNamespace: config.namespace } : {}),
    [Symbol.dispose]: () => client.close(),
  };
}

/** The workspace's namespace that `-w`, `-n` or the context name. */
export function namespaceOf(
  options: { workspace?: string | undefined; namespace?: string | undefined },
  cluster: Pick<Cluster, "contextNamespace">,
): string {
  const { workspace, namespace } = options;
  if (workspace && namespace && workspace !== namespace) {
    throw new UsageError(
      `--workspace is ${workspace} and --namespace is ${namespace}; give one of them`,
    );
  }
  const name = workspace ?? namespace ?? cluster.contextNamespace;
  if (!name) {
    throw new UsageError(
      "no workspace is given and the kubeconfig's context names none; " +
        "give -w NAME or run 'faros workspace use NAME'",
    );
  }
  return name;
}
