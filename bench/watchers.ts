import type { Address } from "./load_tool.ts";

/** Watches that share a connection: servers let only so many requests do. */
const PER_CONNECTION = 100;
/** Watches that are opened at a time. */
const OPENING = 200;

/** Many watches of the same ConfigMaps, read as bytes, so that they take little of this process. */
export interface IdleWatchers extends Disposable {
  /** Resolves when every one of them has got something that holds `text`. */
  sawAll(text: string): Promise<void>;
}

/** Opens watches of the ConfigMaps of a namespace. */
export async function openWatchers(
  { url, token, caData }: Address,
  { namespace, resourceVersion, count }: {
    namespace: string;
    resourceVersion: string;
    count: number;
  },
): Promise<IdleWatchers> {
  const path =
    `${url}/api/v1/namespaces/${namespace}/configmaps?watch=true&timeoutSeconds=3600&resourceVersion=${resourceVersion}`;
  const ending = new AbortController();
  const clients: Deno.HttpClient[] = [];
  let wanted = "";
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
    async sawAll(text) {
      seen = Promise.withResolvers();
      missing = count;
      wanted = text;
      await seen.promise;
    },
    [Symbol.dispose]() {
      // Their streams end with the server at the latest.
      ending.abort();
      for (const client of clients) client.close();
    },
  };
}
