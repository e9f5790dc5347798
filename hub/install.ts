import { CustomResourceDefinition, Namespace } from "../api/core.ts";
import { customResourceDefinition } from "../api/generate/crd.ts";
import type { Kind } from "../api/kind.ts";
import { kinds as all } from "../api/kinds.ts";
import { HUB_MANAGER, SYSTEM_NAMESPACE } from "../api/names.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import {
  established,
  type EstablishedDefinition,
} from "../kube/established.ts";
import { type Logger, silentLogger } from "../kube/log.ts";

/** Options of {@linkcode install}. */
export interface InstallOptions {
  /** Kinds to install. @default all */
  kinds?: readonly Kind[];
  /** How long the server may take to serve a kind, in milliseconds. @default {60000} */
  timeout?: number;
  log?: Logger;
  clock?: Clock;
  signal?: AbortSignal;
}

/**
 * Makes the server ready for Faros: its kinds are served, and namespace
 * faros-system is there. Changes nothing where that is so already.
 *
 * @throws where the server refuses a kind, or takes too long to serve it
 */
export async function install(
  client: KubeClient,
  options: InstallOptions = {},
): Promise<void> {
  const { kinds = all, signal, log = silentLogger } = options;
  const write = { fieldManager: HUB_MANAGER, force: true, signal };
  await client.apply(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: SYSTEM_NAMESPACE },
  }, write);
  await Promise.all(kinds.map(async (kind) => {
    const crd = customResourceDefinition(kind);
    const applied = await client.apply<EstablishedDefinition>(
      CustomResourceDefinition,
      crd as EstablishedDefinition,
      write,
    );
    await established(client, applied, options);
  }));
  client.discovery.invalidate();
  log.debug("The kinds of Faros are installed", { kinds: kinds.length });
}
