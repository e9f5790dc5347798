import { Workspace } from "../api/workspace.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import { createInformer } from "../kube/informer.ts";
import {
  type Kubeconfig,
  parseKubeconfig,
  writeKubeconfig,
} from "../kube/kubeconfig.ts";
import { deepEqual } from "../kube/owned_fields.ts";
import type { Logger } from "../kube/log.ts";
import { runController } from "../kube/reconciler.ts";

/** Context of the cluster as a whole. */
const ROOT = "root";

/** Options of {@linkcode keepAdminKubeconfig}. */
export interface AdminKubeconfigOptions {
  path: string;
  server: string;
  /** PEM. */
  caData: string;
  token: string;
  log: Logger;
  clock: Clock;
  /** Ends it. */
  signal: AbortSignal;
}

/**
 * Keeps a kubeconfig with a context `root` and one for each Workspace. What
 * people set in it stays: which context is current, and where `root` is.
 */
export async function keepAdminKubeconfig(
  client: KubeClient,
  options: AdminKubeconfigOptions,
): Promise<void> {
  const { path } = options;
  const workspaces = createInformer<Workspace>(client, Workspace, options);
  await runController({
    ...options,
    name: "admin-kubeconfig",
    reconcile: async () => {
      const names = workspaces.list().map((w) => w.metadata.name)
        .filter((name) => name !== ROOT).sort();
      const found = await read(path);
      const wanted = kubeconfig(names, { ...options, found });
      if (!deepEqual(found, wanted)) await writeKubeconfig(path, wanted);
    },
    sources: [
      { informer: workspaces, keys: () => [{ name: ROOT }] },
      { start: (enqueue) => enqueue({ name: ROOT }) },
    ],
  });
  await workspaces.done;
}

function kubeconfig(
  workspaces: string[],
  options: {
    server: string;
    caData: string;
    token: string;
    found?: Kubeconfig;
  },
): Kubeconfig {
  const { server, caData, token, found } = options;
  const base = { cluster: "faros", user: "admin" };
  const root = found?.contexts.find(({ name }) => name === ROOT)?.context;
  const contexts: Kubeconfig["contexts"] = [
    {
      name: ROOT,
      context: {
        ...base,
        ...(root?.namespace ? { namespace: root.namespace } : {}),
        ...(root?.extensions ? { extensions: root.extensions } : {}),
      },
    },
    ...workspaces.map((name) => ({
      name,
      context: { ...base, namespace: name },
    })),
  ];
  const current = found?.["current-context"];
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name: "faros",
      cluster: {
        server,
        "certificate-authority-data": new TextEncoder().encode(caData)
          .toBase64(),
      },
    }],
    users: [{ name: "admin", user: { token } }],
    contexts,
    "current-context": contexts.some(({ name }) => name === current)
      ? current!
      : ROOT,
  };
}

async function read(path: string): Promise<Kubeconfig | undefined> {
  try {
    return parseKubeconfig(await Deno.readTextFile(path));
  } catch {
    return undefined; // not there yet, or not readable: it is written anew
  }
}
