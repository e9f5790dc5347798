import { REQUESTED_AT_ANNOTATION } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/client.ts";
import { getCondition } from "../../kube/conditions.ts";
import type { Io } from "../io.ts";
import { progressTo } from "../progress.ts";

/** Flags of commands that wait for a sync. */
export const syncWaitOptions = {
  timeout: {
    type: "string",
    value: "DURATION",
    description: "How long to wait at most",
    default: "5m",
  },
} as const;

/** Options of {@linkcode untilSynced}. */
export interface UntilSyncedOptions {
  client: KubeClient;
  /** Value of the annotation that asked for it. */
  requestedAt: string;
  /** How long to wait at most. */
  seconds: number;
  /** For the error: `sync`, `resume`. */
  doing: string;
  io: Pick<Io, "err">;
  signal: AbortSignal;
}

/** The annotation that asks for a sync now, and its value. */
export function syncRequest(now = Date.now()) {
  const requestedAt = new Date(now).toISOString();
  return {
    requestedAt,
    annotations: { [REQUESTED_AT_ANNOTATION]: requestedAt },
  };
}

/**
 * Waits until the hub has done what was asked for, and tells now and then
 * where it is.
 *
 * @returns The message of its condition Ready.
 * @throws where not all could be applied, or that takes too long
 */
export async function untilSynced(
  name: string,
  options: UntilSyncedOptions,
): Promise<string> {
  const { doing } = options;
  const done = await untilHandled(name, options);
  const ready = getCondition(done.status?.conditions, "Ready");
  if (ready?.status === "True") return ready.message;
  throw new Error(
    `Cannot ${doing} repository ${name}: ${ready?.reason}: ${ready?.message}`,
  );
}

async function untilHandled(
  name: string,
  options: UntilSyncedOptions,
): Promise<Repository> {
  const { client, requestedAt, seconds, doing } = options;
  const deadline = AbortSignal.timeout(seconds * 1000);
  const signal = AbortSignal.any([options.signal, deadline]);
  const progress = progressTo(options.io);
  let told: string | undefined;
  // A later request that was followed is good, too.
  const isHandled = ({ status }: Repository) => {
    if ((status?.lastHandledReconcileAt ?? "") >= requestedAt) return true;
    const now = getCondition(status?.conditions, "Ready")?.message ??
      "Waiting for the hub to look at it";
    if (now !== told) progress(() => told = now);
    return false;
  };
  try {
    while (true) {
      const seen = await client.get<Repository>(Repository, name, { signal });
      if (isHandled(seen)) return seen;
      const events = client.watch<Repository>(Repository, {
        fieldSelector: `metadata.name=${name}`,
        resourceVersion: seen.metadata.resourceVersion,
        signal,
      });
      // A watch may end at any time; then look again.
      for await (const event of events) {
        if (event.type !== "ADDED" && event.type !== "MODIFIED") break;
        if (isHandled(event.object)) return event.object;
      }
    }
  } catch (error) {
    if (!deadline.aborted || options.signal.aborted) throw error;
    throw new Error(
      `Cannot wait for repository ${name} (${doing}): it is not done after ${seconds} s; is the hub running? It goes on; see 'kubectl describe repository ${name}'`,
    );
  }
}
