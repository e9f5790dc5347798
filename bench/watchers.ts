import type { Address } from "./load_tool.ts";

/** Watches that are opened at a time. */
const OPENING = 200;

/** Many watches of the same ConfigMaps, read as bytes, so that they take little of this process. */
export interface OpenWatchers extends Disposable {
  /** Resolves when every one of them has got something that holds `text`; `saw` is called by each when it has. */
  sawAll(text: string, saw?: () => void): Promise<void>;
}

/** Opens watches of the ConfigMaps of a namespace. */
export async function openWatchers(
  { url, token, caData }: Address,
  { namespace, name, resourceVersion, count, perConnection = 100 }: {
    namespace: string;
    /** Of the one ConfigMap to watch. @default all of the namespace */
    name?: string;
    resourceVersion: string;
    count: number;
    /** Watches that share a connection: servers let only so many requests do. @default {100} */
    perConnection?: number;
  },
): Promise<OpenWatchers> {
  const path =
    `${url}/api/v1/namespaces/${namespace}/configmaps?watch=true&timeoutSeconds=3600&resourceVersion=${resourceVersion}${
      name ? `&fieldSelector=metadata.name=${name}` : ""
    }`;
  const ending = new AbortController();
  const clients: Deno.HttpClient[] = [];
  let wanted = "";
  let tell: (() => void) | undefined;
  let missing = 0;
  let seen = Promise.withResolvers<void>();
  const read = async (body: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body) {
        rest += decoder.decode(chunk, { stream: true });
        if (wanted && rest.includes(wanted)) {
          rest = "";
          tell?.();
          if (--missing === 0) seen.resolve();
        }
        // A text may be spread over two chunks, not more.
        rest = rest.slice(-100);
      }
      if (!ending.signal.aborted) throw new Error("a watch ended");
    } catch (error) {
      if (!ending.signal.aborted) seen.reject(error);
    }
  };
  let opened = 0;
  const headers = { authorization: `Bearer ${token}` };
  await Promise.all(Array.from({ length: OPENING }, async () => {
    while (opened < count) {
      const client = clients[Math.floor(opened++ / perConnection)] ??= Deno
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
    async sawAll(text, saw) {
      seen = Promise.withResolvers();
      missing = count;
      wanted = text;
      tell = saw;
      await seen.promise;
    },
    [Symbol.dispose]() {
      // Their streams end with the server at the latest.
      ending.abort();
      for (const client of clients) client.close();
    },
  };
}
