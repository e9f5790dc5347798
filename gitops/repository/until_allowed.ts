import { ConfigMap } from "../../api/core.ts";
import { isForbidden } from "../../kube/mod.ts";
import type { AppliedSet } from "./applied_sets.ts";
import { waitInSync, type WaitInSyncOptions } from "./wait_in_sync.ts";

/** How long a new sync identity may take to be known to the authorizer, in milliseconds. */
const TIMEOUT = 10_000;
/** Between looks at whether it is by now, in milliseconds. */
const PERIOD = 100;

/**
 * Waits until what the sync identity may do is known to the authorizer.
 *
 * @throws {KubeApiError} where that takes too long
 * @throws {Superseded}
 */
export async function untilAllowed(
  { set, access }: Pick<AppliedSet, "set" | "access">,
  options: Omit<WaitInSyncOptions, "until">,
): Promise<void> {
  const { clock, signal } = options;
  const deadline = clock.now() + TIMEOUT;
  while (true) {
    try {
      await access.client.tryGet(ConfigMap, set.parent, {
        namespace: set.namespace,
        signal,
      });
      return;
    } catch (error) {
      if (!isForbidden(error) || clock.now() > deadline) throw error;
    }
    await waitInSync(PERIOD, options);
  }
}
