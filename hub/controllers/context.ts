import type { KubeObject } from "../../api/meta.ts";
import { Workspace } from "../../api/workspace.ts";
import type { Clock } from "../../kube/clock.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { InformerFactory } from "../../kube/informer_factory.ts";
import type { Logger } from "../../kube/log.ts";
import type { ControllerOptions } from "../../kube/reconciler.ts";
import type { WorkspaceProvider } from "../../kube/workspace_provider.ts";
import type { HubKeys } from "../keys/hub_keys.ts";
import type { PluginKinds } from "../kinds/plugin_kinds.ts";

/** An address of HTTPS and the CA behind it. */
export interface Endpoint {
  url: string;
  /** PEM; absent where the system's roots serve. */
  caData?: string;
}

/** What all controllers of the hub share. */
export interface HubContext {
  client: KubeClient;
  provider: WorkspaceProvider;
  /** Shared; ended by `signal`. */
  informers: InformerFactory;
  keys: HubKeys;
  /** Kinds that plugins bring. */
  pluginKinds: PluginKinds;
  /** The Kubernetes API, as devices reach it. */
  engine: Endpoint;
  /** The hub's own HTTP endpoint, as devices reach it. */
  hub: Endpoint;
  /** Life of a device's token, in seconds. */
  tokenSeconds: number;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  onResult?: ControllerOptions["onResult"];
  onQueue?: ControllerOptions["onQueue"];
}

/**
 * The Workspace that an object is in, once its place is made.
 *
 * Undefined as long as it is not: nothing is to be done in a namespace that
 * may be somebody else's.
 */
export function readyWorkspace(
  context: HubContext,
  object: KubeObject,
): Workspace | undefined {
  const name = context.provider.workspaceOf(object);
  if (name === undefined) return undefined;
  const workspace = context.informers.get<Workspace>(Workspace)
    .get(undefined, name);
  return workspace?.status?.phase === "Ready" &&
      !workspace.metadata.deletionTimestamp
    ? workspace
    : undefined;
}
