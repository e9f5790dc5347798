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
/** Requests of each kind before those that count. */
const WARM_UP = 3000;
/** Lists of all objects, one after the other, of which the median counts. */
const LISTS = 20;

/** A load of one kind: one part of it warms a server up, another counts. */
export interface KindOfLoad {
  requests: number;
  /** What is written differs from part to part: to write what is there already would be no change. */
  of(part: string): Omit<LoadRequests, "requests">;
}

/** The kinds of load that an API server takes in turn: ConfigMaps, which every one has built in. */
export function loads(
  { namespace, objects, share = 1 }: Pick<
    LoadOptions,
    "namespace" | "objects" | "share"
  >,
): Record<keyof Rates, KindOfLoad> {
  const requests = Math.ceil(WRITES * share);
  const path = `${mapsOf(namespace)}/load-%d`;
  return {
    creates: {
      requests,
      of: (part) => creation(`${namespace}-${part}`, requests),
    },
    gets: {
      requests: 2 * requests,
      of: () => ({ method: "GET", path, objects }),
    },
    patches: {
      requests,
      of: (part) => ({
        method: "PATCH",
        path: `${path}?fieldManager=bench`,
        type: "application/merge-patch+json",
        body: `{"data":{"value":"${part}-%v"}}`,
        objects,
      }),
    },
    applies: {
      requests,
      of: (part) => ({
        method: "PATCH",
        path: `${path}?fieldManager=bench-apply&force=true`,
        type: "application/apply-patch+yaml",
        body: objectText(namespace, `${part}-applied-%v`),
        objects,
      }),
    },
  };
}

/** Makes namespaces: the creates of each part of a load go into one, `NAMESPACE-PART`. */
export async function makeNamespaces(
  { tool, address }: Pick<LoadOptions, "tool" | "address">,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await tool.run(address, {
      method: "POST",
      path: "/api/v1/namespaces",
      body:
        `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"${name}"}}`,
      objects: 1,
      requests: 1,
      connections: 1,
    });
  }
}

/** Loads a server so that it is warm when what counts begins: what has just started is slower by the compiler's work. */
export async function warmUp(
  { tool, address, share = 1 }: LoadOptions,
  { of }: KindOfLoad,
  part: string,
): Promise<void> {
  const requests = Math.ceil(WARM_UP * share);
  await tool.run(address, { ...of(part), requests });
}

/** Loads an API server with each kind; it is warm when what counts begins. */
export async function measureRates(
  options: LoadOptions & {
    /** Which time this is on one server. @default {1} */
    round?: number;
  },
): Promise<Rates> {
  const { tool, address, round = 1 } = options;
  const [first, second] = [`warm-up-${round}`, `load-${round}`] as const;
  const { namespace } = options;
  await makeNamespaces(options, [
    `${namespace}-${first}`,
    `${namespace}-${second}`,
  ]);
  const kinds = loads(options);
  const rate = async (kind: KindOfLoad) => {
    await warmUp(options, kind, first);
    const load = { ...kind.of(second), requests: kind.requests };
    return (await tool.run(address, load)).perSecond;
  };
  return {
    creates: await rate(kinds.creates),
    gets: await rate(kinds.gets),
    patches: await rate(kinds.patches),
    applies: await rate(kinds.applies),
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
