import { Workspace } from "../api/workspace.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import { createInformer } from "../kube/informer.ts";
import {
  type Kubeconfig,
  type KubeconfigContext,
  parseKubeconfig,
  writeKubeconfig,
} from "../kube/kubeconfig.ts";
import { lockKubeconfig } from "../kube/kubeconfig_lock.ts";
import { deepEqual } from "../kube/owned_fields.ts";
import type { Logger } from "../kube/log.ts";
import { runController } from "../kube/reconciler.ts";

/** Context of the cluster as a whole. */
const ROOT = "root";

/** Between two times that it is written, in milliseconds. */
const PERIOD = 500;

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
 * people and other programs set in it stays: which context is current, where
 * `root` is, and contexts of other servers.
 */
export async function keepAdminKubeconfig(
  client: KubeClient,
  options: AdminKubeconfigOptions,
): Promise<void> {
  const { path, clock } = options;
  let lastWrite = -Infinity;
  const workspaces = createInformer<Workspace>(client, Workspace, options);
  await runController({
    ...options,
    name: "admin-kubeconfig",
    reconcile: async () => {
      // All of it is written for each: of a thousand that come at once, most wait for the next time.
      const left = lastWrite + PERIOD - clock.now();
      if (left > 0) return { requeueAfter: left };
      const names = workspaces.list().map((w) => w.metadata.name)
        .filter((name) => name !== ROOT).sort();
      await using _ = await lockKubeconfig([path], options);
      const found = await read(path);
      const wanted = kubeconfig(names, { ...options, found });
      if (deepEqual(found, wanted)) return;
      await writeKubeconfig(path, wanted);
      lastWrite = clock.now();
    },
    sources: [
      {
        informer: workspaces,
        keys: () => [{ name: ROOT }],
        filter: ({ type }) => type !== "updated",
      },
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
  const isOurs = ({ cluster, user }: KubeconfigContext) =>
    cluster === base.cluster && user === base.user;
  const root = found?.contexts.find(({ name }) => name === ROOT)?.context;
  const own: Kubeconfig["contexts"] = [
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
  // That of a workspace which has gone is nobody's.
  const gone =
    found?.contexts.some(({ name, context }) =>
      name === current && isOurs(context)
    ) && !own.some(({ name }) => name === current);
  const others = <T extends { name: string }>(
    list: T[] = [],
    names: string[],
  ) => list.filter(({ name }) => !names.includes(name));
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: base.cluster,
        cluster: {
          server,
          "certificate-authority-data": new TextEncoder().encode(caData)
            .toBase64(),
        },
      },
      // The server itself begins with one that is called `root`.
      ...others(found?.clusters, [base.cluster, ROOT]),
    ],
    users: [
      { name: base.user, user: { token } },
      ...others(found?.users, [base.user, ROOT]),
    ],
    contexts: [
      ...own,
      ...others(found?.contexts, own.map(({ name }) => name))
        .filter(({ context }) => !isOurs(context)),
    ],
    "current-context": current && !gone ? current : ROOT,
  };
}

async function read(path: string): Promise<Kubeconfig | undefined> {
  try {
    return parseKubeconfig(await Deno.readTextFile(path));
  } catch {
    return undefined; // not there yet, or not readable: it is written anew
  }
}
