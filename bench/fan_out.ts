import * as core from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Cluster } from "../cli/cluster.ts";
import type { KubeClient } from "../kube/client.ts";

/** Watchers of the same namespace. */
const WATCHERS = 100;
/** Changes that all of them are to see, one after the other. */
const CHANGES = 50;

/** How soon a change is seen. */
export interface FanOutResult {
  watchers: number;
  /** Milliseconds from the request of a change to its event, over all watchers. */
  p50Ms: number;
  p99Ms: number;
}

interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}

/**
 * Connections of the watchers: servers let only so many requests (100, often)
 * share one.
 */
const CONNECTIONS = 10;

/** Measures how soon many watchers see each of a number of changes. */
export async function measureFanOut(
  connect: () => Promise<Cluster>,
  namespace: string,
): Promise<FanOutResult> {
  using connections = new DisposableStack();
  const clients: KubeClient[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    clients.push(connections.use(await connect()).client);
  }
  using writer = await connect();
  const { client } = writer;
  const name = "fan-out";
  const created = await client.create<ConfigMap>(core.ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    data: { change: "-1" },
  });
  const ending = new AbortController();
  const latencies: number[] = [];
  const sentAt: number[] = [];
  let seen = Promise.withResolvers<void>();
  let missing = 0;
  const watchers = Array.from({ length: WATCHERS }, async (_, i) => {
    const events = clients[i % CONNECTIONS]!.watch<ConfigMap>(core.ConfigMap, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      resourceVersion: created.metadata.resourceVersion,
      signal: ending.signal,
    });
    try {
      for await (const event of events) {
        if (event.type !== "MODIFIED") continue;
        const change = Number(event.object.data.change);
        latencies.push(performance.now() - sentAt[change]!);
        if (--missing === 0) seen.resolve();
      }
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    }
  });
  const failure = Promise.race(watchers).then(() => {
    throw new Error("Cannot measure the fan-out: a watch ended");
  });
  failure.catch(() => {});
  for (let change = 0; change < CHANGES; change++) {
    missing = WATCHERS;
    seen = Promise.withResolvers();
    sentAt[change] = performance.now();
    await client.patch(core.ConfigMap, name, {
      data: { change: String(change) },
    }, { namespace });
    await Promise.race([seen.promise, failure]);
  }
  ending.abort();
  await Promise.all(watchers);
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[
      Math.min(latencies.length - 1, Math.floor(latencies.length * share))
    ]!;
  return { watchers: WATCHERS, p50Ms: at(0.5), p99Ms: at(0.99) };
}
