import * as core from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "../kube/client.ts";

/** Objects per measurement. */
const OBJECTS = 2000;
/** Requests under way at a time. */
const CONCURRENCY = 32;
/** Lists of all objects, of which the median counts. */
const LISTS = 5;

/** What an API server does in a second, and how long a list takes. */
export interface LoadResult {
  creates: number;
  gets: number;
  patches: number;
  applies: number;
  /** Milliseconds for all objects of the load. */
  listMs: number;
  /** How many objects that list has. */
  listed: number;
}

interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}

/** Loads an API server with ConfigMaps, which both servers have built in. */
export async function measureLoad(
  client: KubeClient,
  namespace: string,
): Promise<LoadResult> {
  const object = (i: number, value: string): ConfigMap => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `load-${i}`,
      namespace,
      labels: { "bench.faros.sh/part": String(i % 10) },
    },
    data: { value, text: "x".repeat(200) },
  });
  const creates = await rate((i) =>
    client.create(core.ConfigMap, object(i, "first"))
  );
  const gets = await rate((i) =>
    client.get(core.ConfigMap, `load-${i}`, { namespace })
  );
  const patches = await rate((i) =>
    client.patch(core.ConfigMap, `load-${i}`, { data: { value: "second" } }, {
      namespace,
      fieldManager: "bench",
    })
  );
  const applies = await rate((i) =>
    client.apply(core.ConfigMap, object(i, "third"), {
      fieldManager: "bench-apply",
      force: true,
    })
  );
  const times: number[] = [];
  let listed = 0;
  for (let i = 0; i < LISTS; i++) {
    const start = performance.now();
    const { items } = await client.list(core.ConfigMap, { namespace });
    times.push(performance.now() - start);
    listed = items.length;
  }
  const listMs = times.sort((a, b) => a - b)[Math.floor(LISTS / 2)]!;
  return { creates, gets, patches, applies, listMs, listed };
}

/** Does `request` for each object, and resolves to how many a second. */
async function rate(
  request: (i: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (next < OBJECTS) await request(next++);
    }),
  );
  return OBJECTS / ((performance.now() - start) / 1000);
}
