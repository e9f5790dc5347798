import type { Address, LoadFigures, LoadTool } from "./load_tool.ts";
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
/** Lists of all objects, one after the other, of which the median counts. */
const LISTS = 20;

/** Loads an API server with ConfigMaps, which every one has built in. */
export async function measureRates(options: LoadOptions): Promise<Rates> {
  const { namespace, objects, share = 1 } = options;
  const writes = Math.ceil(WRITES * share);
  const fresh = `${namespace}-creates-${objects}`;
  await options.tool.run(options.address, {
    method: "POST",
    path: "/api/v1/namespaces",
    body:
      `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"${fresh}"}}`,
    objects: 1,
    requests: 1,
    connections: 1,
  });
  const { perSecond: creates } = await createObjects({
    ...options,
    namespace: fresh,
    objects: writes,
  });
  const path = `${mapsOf(namespace)}/load-%d`;
  const rate = async (
    requests: Omit<Parameters<LoadTool["run"]>[1], "objects" | "path">,
    query = "",
  ) =>
    (await options.tool.run(options.address, {
      path: path + query,
      objects,
      ...requests,
    })).perSecond;
  const gets = await rate({ method: "GET", requests: 2 * writes });
  const patches = await rate({
    method: "PATCH",
    type: "application/merge-patch+json",
    body: '{"data":{"value":"%v"}}',
    requests: writes,
  }, "?fieldManager=bench");
  const applies = await rate({
    method: "PATCH",
    type: "application/apply-patch+yaml",
    body: objectText(namespace, "applied-%v"),
    requests: writes,
  }, "?fieldManager=bench-apply&force=true");
  return { creates, gets, patches, applies };
}

/** Creates `load-0` … in a namespace; a load that is cut off at its end may lack a few of the last. */
export function createObjects(options: LoadOptions): Promise<LoadFigures> {
  const { tool, address, namespace, objects } = options;
  return tool.run(address, {
    method: "POST",
    path: mapsOf(namespace),
    body: objectText(namespace, "first"),
    // A load ends a few requests late: those must not start anew with names that are taken.
    objects: 2 * objects,
    requests: objects,
  });
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
