import * as core from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Address } from "./load_tool.ts";
import { openSocketWatchers } from "./socket_watchers.ts";

/** Watchers of the same object, each on a connection of its own. */
const WATCHERS = 100;
/** Changes that all of them are to see, one after the other. */
const CHANGES = 500;
/** Changes before those: on both sides their way is run the first time. */
const WARM_UP = 100;

/** How soon a change is seen. */
export interface FanOutResult {
  watchers: number;
  /** Milliseconds from the request of a change to its event, over all watchers. */
  p50Ms: number;
  p99Ms: number;
}

/** Measures how soon many watchers see each of a number of changes; they look for its text and parse nothing. */
export async function measureFanOut(
  { client, address, namespace }: {
    client: KubeClient;
    address: Address;
    namespace: string;
  },
): Promise<FanOutResult> {
  const name = "fan-out";
  const { metadata } = await client.create<KubeObject>(core.ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
  });
  using watchers = await openSocketWatchers(address, {
    namespace,
    name,
    resourceVersion: metadata.resourceVersion!,
    count: WATCHERS,
  });
  const latencies: number[] = [];
  for (let change = 0; change < WARM_UP + CHANGES; change++) {
    const value = `change-${change}-`;
    const start = performance.now();
    const seen = watchers.sawAll(value, () => {
      if (change >= WARM_UP) latencies.push(performance.now() - start);
    });
    await client.patch(core.ConfigMap, name, { data: { value } }, {
      namespace,
    });
    await seen;
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.floor(latencies.length * share)]!;
  return { watchers: WATCHERS, p50Ms: at(0.5), p99Ms: at(0.99) };
}
