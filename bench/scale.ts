import { join } from "node:path";
import * as core from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { openCluster } from "../cli/cluster.ts";
import { createObjects, measureRates, type Rates } from "./load.ts";
import type { LoadTool } from "./load_tool.ts";
import { medianResult } from "./median.ts";
import { memoryOf } from "./memory.ts";
import { startEmbedded, type Target } from "./targets.ts";
import { openWatchers } from "./watchers.ts";

const FEW = 2000;
const MANY = 100_000;
const WATCHERS = 10_000;
/** Created beyond those that the load asks for, since the last of a load may be cut off. */
const SPARE = 100;
/** How often the rates are measured, of few and of many in turns. */
const ROUNDS = 3;

/** What much does to the embedded API server. */
export interface ScaleResult {
  few: number;
  many: number;
  ratesOfFew: Rates;
  ratesOfMany: Rates;
  memoryOfMany: number | undefined;
  /** Start with all that, and what it takes then. */
  restartMs: number;
  memoryAfterRestart: number | undefined;
  watchers: number;
  memoryOfWatchers: number | undefined;
  /** From the request of a change until the last watcher saw it. */
  allSawMs: number;
}

/** Measures the embedded API server with 100,000 objects, then with 10,000 watchers. */
export async function measureScale(
  tool: LoadTool,
  { dir, share = 1 }: {
    dir: string;
    /** Part of all this. @default {1} */
    share?: number;
  },
): Promise<ScaleResult> {
  const many = Math.ceil(MANY * share);
  const watchers = Math.ceil(WATCHERS * share);
  const folder = join(dir, "many");
  const memoryOfMany = await withServer(folder, async (target) => {
    await fill(target, { tool, objects: many });
    return memoryOf(target.pids);
  });
  const again = await withServer(folder, async (target) => ({
    restartMs: target.startMs,
    memoryAfterRestart: memoryOf(target.pids),
    ...await measureRatesInTurns(target, { tool, dir, many, share }),
  }));
  const watching = await withServer(
    join(dir, "watched"),
    (target) => measureWatchers(target, watchers),
  );
  return {
    few: FEW,
    many,
    memoryOfMany,
    ...again,
    watchers,
    memoryOfWatchers: watching.memory,
    allSawMs: watching.allSawMs,
  };
}

/** The rates of a server with many objects and of one with few, in turns, as a machine is not as fast all the time. */
function measureRatesInTurns(
  target: Target,
  { tool, dir, many, share }: {
    tool: LoadTool;
    dir: string;
    many: number;
    share: number;
  },
): Promise<Pick<ScaleResult, "ratesOfFew" | "ratesOfMany">> {
  return withServer(join(dir, "few"), async (small) => {
    await fill(small, { tool, objects: FEW });
    const ofFew: Rates[] = [];
    const ofMany: Rates[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      for (
        const [{ address }, objects, rates] of [
          [small, FEW, ofFew],
          [target, many, ofMany],
        ] as const
      ) {
        rates.push(
          await measureRates({ tool, address, share, round, ...of(objects) }),
        );
      }
    }
    return {
      ratesOfFew: medianResult(ofFew),
      ratesOfMany: medianResult(ofMany),
    };
  });
}

async function fill(
  target: Target,
  { tool, objects }: { tool: LoadTool; objects: number },
): Promise<void> {
  await createNamespace(target);
  const { address } = target;
  await createObjects({ tool, address, ...of(objects + SPARE) });
}

const NAMESPACE = "scale";

function of(objects: number) {
  return { namespace: NAMESPACE, objects };
}

async function withServer<T>(
  dir: string,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const target = await startEmbedded(dir);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

async function createNamespace({ kubeconfig }: Target): Promise<void> {
  using cluster = await openCluster({ kubeconfig });
  await cluster.client.create(core.Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: NAMESPACE },
  });
}

async function measureWatchers(target: Target, count: number) {
  await createNamespace(target);
  using cluster = await openCluster({ kubeconfig: target.kubeconfig });
  const { client } = cluster;
  const name = "seen-by-all";
  const { metadata } = await client.create<KubeObject>(core.ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: NAMESPACE },
  });
  using watchers = await openWatchers(target.address, {
    namespace: NAMESPACE,
    resourceVersion: metadata.resourceVersion!,
    count,
  });
  const memory = memoryOf(target.pids);
  const times: number[] = [];
  for (const value of ["warm-up", "change-1", "change-2", "change-3"]) {
    const seen = watchers.sawAll(value);
    const start = performance.now();
    await client.patch(core.ConfigMap, name, { data: { value } }, {
      namespace: NAMESPACE,
    });
    await seen;
    times.push(performance.now() - start);
  }
  return { memory, allSawMs: Math.max(...times) };
}
