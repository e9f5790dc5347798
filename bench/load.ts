import type {
  Address,
  LoadFigures,
  LoadRequests,
  LoadTool,
} from "./load_tool.ts";
import type { KubeClient } from "../kube/client.ts";
import * as core from "../api/core.ts";

/** What an API server does in a second. */
export interface Rates {
  creates: number;
  gets: number;
  patches: number;
  applies: number;
}

/** Options of the measurements. */
export interface LoadOptions {
  tool: LoadTool;
  address: Address;
  /** Of the objects that are there: `load-0`, `load-1` … */
  namespace: string;
  /** How many those are. */
  objects: number;
  /** Part of the requests that are sent. @default {1} */
  share?: number;
}

/** Requests of each kind that writes; there are twice as many of gets. */
const WRITES = 10_000;
/** Requests of each kind before those that count: what has just started is slower by the compiler's work. */
const WARM_UP = 3000;
/** Lists of all objects, one after the other, of which the median counts. */
const LISTS = 20;

/** Loads an API server with ConfigMaps, which every one has built in; it is warm when what counts begins. */
export async function measureRates(
  options: LoadOptions & {
    /** Which time this is on one server. @default {1} */
    round?: number;
  },
): Promise<Rates> {
  const { tool, address, namespace, objects, share = 1, round = 1 } = options;
  const writes = Math.ceil(WRITES * share);
  const rate = async (
    requests: number,
    of: (part: string) => Omit<LoadRequests, "requests">,
  ) => {
    // What is written differs from part to part: to write what is there already would be no change.
    await tool.run(address, {
      ...of(`warm-up-${round}`),
      requests: Math.ceil(WARM_UP * share),
    });
    const load = { ...of(`load-${round}`), requests };
    return (await tool.run(address, load)).perSecond;
  };
  for (const part of ["warm-up", "load"]) {
    await tool.run(address, {
      method: "POST",
      path: "/api/v1/namespaces",
      body:
        `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"${namespace}-${part}-${round}"}}`,
      objects: 1,
      requests: 1,
      connections: 1,
    });
  }
  const path = `${mapsOf(namespace)}/load-%d`;
  return {
    creates: await rate(
      writes,
      (part) => creation(`${namespace}-${part}`, writes),
    ),
    gets: await rate(2 * writes, () => ({ method: "GET", path, objects })),
    patches: await rate(writes, (part) => ({
      method: "PATCH",
      path: `${path}?fieldManager=bench`,
      type: "application/merge-patch+json",
      body: `{"data":{"value":"${part}-%v"}}`,
      objects,
    })),
    applies: await rate(writes, (part) => ({
      method: "PATCH",
      path: `${path}?fieldManager=bench-apply&force=true`,
      type: "application/apply-patch+yaml",
      body: objectText(namespace, `${part}-applied-%v`),
      objects,
    })),
  };
}

/** Creates `load-0` … in a namespace; a load that is cut off at its end may lack a few of the last. */
export function createObjects(
  { tool, address, namespace, objects }: LoadOptions,
): Promise<LoadFigures> {
  const requests = { ...creation(namespace, objects), requests: objects };
  return tool.run(address, requests);
}

function creation(
  namespace: string,
  objects: number,
): Omit<LoadRequests, "requests"> {
  return {
    method: "POST",
    path: mapsOf(namespace),
    body: objectText(namespace, "first"),
    // A load ends a few requests late: those must not start anew with names that are taken.
    objects: 2 * objects,
  };
}

/** Creates objects so that all are there. */
export async function seed(
  client: KubeClient,
  { namespace, objects }: { namespace: string; objects: number },
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: 32 }, async () => {
    while (next < objects) {
      const text = objectText(namespace, "first");
      const object = text.replaceAll("%d", String(next++));
      await client.create(core.ConfigMap, JSON.parse(object));
    }
  }));
}

/** Milliseconds for a list of all objects, the median of some. */
export async function measureList(options: LoadOptions): Promise<number> {
  const { medianMs } = await options.tool.run(options.address, {
    method: "GET",
    path: mapsOf(options.namespace),
    objects: 1,
    requests: LISTS,
    connections: 1,
  });
  return medianMs;
}

function mapsOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

function objectText(namespace: string, value: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "load-%d",
      namespace,
      labels: { "bench.faros.sh/part": "load" },
    },
    data: { value, text: "x".repeat(200) },
  });
}
