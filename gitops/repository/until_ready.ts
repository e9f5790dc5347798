import type { KubeObject } from "../../api/meta.ts";
import type { Workspace } from "../../api/workspace.ts";
import { getCondition, type Informer, isTrue } from "../../kube/mod.ts";
import { waitInSync, type WaitInSyncOptions } from "./wait_in_sync.ts";

/** How long a Workspace may take to become Ready, in milliseconds. */
const TIMEOUT = 30_000;

/** Options of {@linkcode untilReady}. */
export interface UntilReadyOptions extends Omit<WaitInSyncOptions, "until"> {
  workspaces: Informer<Workspace>;
}

/**
 * Waits until a Workspace is Ready.
 *
 * @returns It, or why it is not
 * @throws {Superseded}
 */
export async function untilReady(
  name: string,
  options: UntilReadyOptions,
): Promise<KubeObject | string> {
  const { workspaces } = options;
  const now = workspaces.get(undefined, name);
  if (isReady(now)) return now!;
  const changed = Promise.withResolvers<void>();
  const off = workspaces.on(({ object }) => {
    if (object.metadata.name === name && isReady(object)) changed.resolve();
  });
  try {
    await waitInSync(TIMEOUT, { ...options, until: changed.promise });
  } finally {
    off();
  }
  const then = workspaces.get(undefined, name);
  if (isReady(then)) return then!;
  const condition = getCondition(then?.status?.conditions, "Ready");
  return `Workspace ${name} is not Ready after ${TIMEOUT / 1000} s: ${
    condition
      ? `${condition.reason}: ${condition.message}`
      : "no word of the hub"
  }`;
}

function isReady(workspace: Workspace | undefined) {
  return workspace && !workspace.metadata.deletionTimestamp &&
    isTrue(workspace.status?.conditions, "Ready");
}
