import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Resource } from "../kube/resource.ts";

/** Options of {@linkcode waitForReady}. */
export interface WaitOptions {
  client: KubeClient;
  namespace?: string;
  signal?: AbortSignal;
  /** Milliseconds. @default {30000} */
  timeout?: number;
}

interface Conditioned extends KubeObject {
  status?: {
    observedGeneration?: number;
    conditions?: {
      type: string;
      status: string;
      reason: string;
      message: string;
      observedGeneration?: number;
    }[];
  };
}

/**
 * Resolves to the object once its condition Ready is True for its newest
 * generation.
 *
 * @throws where that takes longer than `timeout`, or it is no use to wait
 * (kstatus' Stalled), with the condition found.
 */
export async function waitForReady<T extends KubeObject>(
  resource: Resource,
  name: string,
  options: WaitOptions,
): Promise<T> {
  const { client, namespace, timeout = 30_000 } = options;
  const deadline = AbortSignal.timeout(timeout);
  const signal = options.signal
    ? AbortSignal.any([options.signal, deadline])
    : deadline;
  let seen: Conditioned | undefined;
  try {
    while (true) {
      seen = await client.get<Conditioned>(resource, name, {
        ...(namespace ? { namespace } : {}),
        signal,
      });
      if (isReady(seen)) return seen as unknown as T;
      throwIfStalled(seen, resource.kind);
      const events = client.watch<Conditioned>(resource, {
        ...(namespace ? { namespace } : {}),
        fieldSelector: `metadata.name=${name}`,
        ...(seen.metadata.resourceVersion
          ? { resourceVersion: seen.metadata.resourceVersion }
          : {}),
        signal,
      });
      // A watch may end at any time; then look again.
      for await (const event of events) {
        if (event.type !== "ADDED" && event.type !== "MODIFIED") break;
        seen = event.object;
        if (isReady(seen)) return seen as unknown as T;
        throwIfStalled(seen, resource.kind);
      }
    }
  } catch (error) {
    if (!deadline.aborted) throw error;
    const ready = readyCondition(seen);
    throw new Error(
      `Cannot go on: ${resource.kind} ${name} is not Ready after ${
        timeout / 1000
      } s: ${
        ready
          ? `${ready.reason}: ${ready.message}`
          : "it has no condition Ready; is the hub running?"
      }`,
    );
  }
}

function throwIfStalled(object: Conditioned, kind: string): void {
  const { metadata, status } = object;
  const stalled = status?.conditions?.find((c) => c.type === "Stalled");
  if (stalled?.status !== "True") return;
  const observed = stalled.observedGeneration ?? status?.observedGeneration ??
    0;
  if (observed < (metadata.generation ?? 0)) return;
  throw new Error(
    `Cannot go on: ${kind} ${metadata.name} is there, but will not be Ready as it is: ${stalled.reason}: ${stalled.message}`,
  );
}

function readyCondition(object: Conditioned | undefined) {
  return object?.status?.conditions?.find((c) => c.type === "Ready");
}

function isReady(object: Conditioned): boolean {
  const ready = readyCondition(object);
  const observed = ready?.observedGeneration ??
    object.status?.observedGeneration ?? 0;
  return ready?.status === "True" &&
    observed >= (object.metadata.generation ?? 0);
}
