import type { Address } from "./load_tool.ts";
import { Sighting } from "./sighting.ts";

/** Watches that are opened at a time. */
const OPENING = 200;
/** Watches that share a connection: servers let only so many requests do. */
const PER_CONNECTION = 100;

/** Many watches of the same ConfigMaps, read as bytes, so that they take little of this process. */
export interface OpenWatchers extends Disposable {
  /** Resolves when every one of them has got something that holds `text`; `saw` is called by each when it has. */
  sawAll(text: string, saw?: () => void): Promise<void>;
}

/** What is watched. */
export interface WatchersOf {
  namespace: string;
  /** Of the one ConfigMap to watch. @default all of the namespace */
  name?: string;
  resourceVersion: string;
}

/** Opens watches of ConfigMaps, many on each connection, since a process may have only so many of those. */
export async function openWatchers(
  { url, token, caData }: Address,
  { count, ...of }: WatchersOf & { count: number },
): Promise<OpenWatchers> {
  const path = url + watchPath(of);
  const ending = new AbortController();
  const clients: Deno.HttpClient[] = [];
  const sighting = new Sighting();
  const read = async (body: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body) {
        rest = sighting.look(rest + decoder.decode(chunk, { stream: true }));
      }
      if (!ending.signal.aborted) throw new Error("a watch ended");
    } catch (error) {
      if (!ending.signal.aborted) sighting.fail(error);
    }
  };
  let opened = 0;
  const headers = { authorization: `Bearer ${token}` };
  await Promise.all(Array.from({ length: OPENING }, async () => {
    while (opened < count) {
      const client = clients[Math.floor(opened++ / PER_CONNECTION)] ??= Deno
        .createHttpClient({ caCerts: [caData] });
      const response = await fetch(path, {
        client,
        headers,
        signal: ending.signal,
      });
      if (!response.ok) {
        throw new Error(
          `Cannot open a watch: ${response.status} ${await response.text()}`,
        );
      }
      read(response.body!);
    }
  }));
  return {
    sawAll: (text, saw) => sighting.wait(text, { readers: count, saw }),
    [Symbol.dispose]() {
      // Their streams end with the server at the latest.
      ending.abort();
      for (const client of clients) client.close();
    },
  };
}

/** Path and query of a watch. */
export function watchPath(
  { namespace, name, resourceVersion }: WatchersOf,
): string {
  const query = new URLSearchParams({
    watch: "true",
    timeoutSeconds: "3600",
    resourceVersion,
    ...name ? { fieldSelector: `metadata.name=${name}` } : {},
  });
  return `/api/v1/namespaces/${namespace}/configmaps?${query}`;
}
