import { setTimeout as delay } from "node:timers/promises";
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
/** Changes a second, and for how many: ten thousand devices that report once a minute make 167. */
const PER_SECOND = 200;
const SECONDS = 5;

/** Milliseconds, over all watchers, until a change is seen. */
export interface SeenAfter {
  p50Ms: number;
  p99Ms: number;
}

/** How soon changes are seen. */
export interface FanOutResult {
  watchers: number;
  /** Each change is asked for when all have seen the one before; counted from that request. */
  oneByOne: SeenAfter;
  /** So many changes a second; counted from when one was due, so that what waits for those before counts too. */
  perSecond: number;
  steady: SeenAfter;
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
  const change: Change = async (value, saw) => {
    const seen = watchers.sawAll(value, saw);
    await client.patch(core.ConfigMap, name, { data: { value } }, {
      namespace,
    });
    await seen;
  };
  await measureChanges(change, { changes: WARM_UP });
  return {
    watchers: WATCHERS,
    oneByOne: await measureChanges(change, { changes: CHANGES }),
    perSecond: PER_SECOND,
    steady: await measureChanges(change, {
      changes: PER_SECOND * SECONDS,
      everyMs: 1000 / PER_SECOND,
    }),
  };
}

/** Makes a change that shows as `value`; resolves when all watchers have seen it, of which each calls `saw`. */
type Change = (value: string, saw: () => void) => Promise<void>;

let made = 0;

async function measureChanges(
  change: Change,
  { changes, everyMs }: {
    changes: number;
    /** Milliseconds from one to the next. @default each when the one before is seen */
    everyMs?: number;
  },
): Promise<SeenAfter> {
  const latencies: number[] = [];
  const start = performance.now();
  for (let number = 0; number < changes; number++) {
    let due = performance.now();
    if (everyMs !== undefined) {
      const wait = start + number * everyMs - due;
      due += wait;
      if (wait > 0) await delay(wait);
    }
    await change(
      `change-${made++}-`,
      () => latencies.push(performance.now() - due),
    );
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.floor(latencies.length * share)]!;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
