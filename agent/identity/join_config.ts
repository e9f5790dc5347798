import { z } from "zod";
import { KUBECONFIG_EXTENSION } from "../../api/names.ts";
import { PublicJwk } from "../../api/plugin_entry.ts";
import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import {
  type ClusterConfig,
  clusterConfig,
} from "../../kube/cluster_config.ts";
import { loadKubeconfig } from "../../kube/kubeconfig.ts";
import type { HubAnchor } from "./hub_trust.ts";

const Extension = z.object({
  agent: z.string().optional(),
  registration: z.string().optional(),
  workspace: z.string().optional(),
  hubKeys: z.array(PublicJwk).min(1).optional(),
});

/** How to join, as the kubeconfig that a device was given says. */
export interface JoinConfig {
  cluster: ClusterConfig;
  namespace: string;
  /** Name of the workspace, by which the hub knows it. */
  workspace: string;
  /** Name of the Registration. */
  registration: string;
  /** Name that the device is to ask for. */
  agent: string;
  token: string;
  hub: HubAnchor;
}

/**
 * Reads the join kubeconfig.
 *
 * @param options.name Name of the agent, before that in the kubeconfig, before the host's name.
 * @throws Error that says what is missing
 */
export async function readJoinConfig(
  path: string,
  options: { name?: string } = {},
): Promise<JoinConfig> {
  const kubeconfig = await loadKubeconfig({ path }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      `Cannot join: there is no kubeconfig ${path}; make one by: kubectl faros agent generate, and name it by --kubeconfig`,
    );
  });
  const cluster = clusterConfig(kubeconfig);
  const extension = Extension.safeParse(
    cluster.extensions?.find(({ name }) => name === KUBECONFIG_EXTENSION)
      ?.extension ?? {},
  );
  const missing = (what: string): never => {
    throw new Error(
      `Cannot join by kubeconfig ${path}: ${what}; make it anew by: kubectl faros agent generate`,
    );
  };
  if (!extension.success) {
    missing(`extension ${KUBECONFIG_EXTENSION} of its context is malformed`);
  }
  const {
    agent,
    registration,
    hubKeys = missing(
      `extension ${KUBECONFIG_EXTENSION} of its context has no hubKeys to know the hub by`,
    ),
  } = extension.data!;
  const token = cluster.token ??
    (cluster.tokenFile
      ? (await Deno.readTextFile(cluster.tokenFile)).trim()
      : undefined);
  const namespace = cluster.namespace ??
    missing("its context has no namespace");
  return {
    cluster,
    namespace,
    workspace: extension.data!.workspace ?? namespace,
    registration: registration ??
      missing(
        `its context has no extension ${KUBECONFIG_EXTENSION} with the Registration`,
      ),
    agent: options.name ?? agent ?? hostLabel(),
    token: token || missing("its user has no token"),
    hub: {
      origin: await sha256Hex(
        JSON.stringify([cluster.server, cluster.caData, hubKeys]),
      ),
      keys: hubKeys,
    },
  };
}

/** The host's name as the name of an object: DNS-1123 label. */
function hostLabel(): string {
  const label = Deno.hostname().toLowerCase().split(".")[0]!
    .replaceAll(/[^a-z0-9-]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 63);
  if (!label) {
    throw new Error(
      `Cannot make the agent's name of the host name ${
        JSON.stringify(Deno.hostname())
      }: give one with --name`,
    );
  }
  return label;
}
