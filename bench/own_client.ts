import { CONNECTIONS, type LoadTool } from "./load_tool.ts";

/** A load from this process by the runtime's `fetch`, for where there is nothing faster. */
export const ownClient: LoadTool = {
  name: `fetch of Deno ${Deno.version.deno} over HTTP/1.1`,
  async run({ url, token, caData }, requests) {
    const { method, path, type, body, connections = CONNECTIONS } = requests;
    using client = Deno.createHttpClient({
      caCerts: [caData],
      http1: true,
      http2: false,
    });
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      "content-type": type ?? "application/json",
    };
    const times: number[] = [];
    let sent = 0;
    const start = performance.now();
    await Promise.all(Array.from({ length: connections }, async () => {
      while (sent < requests.requests) {
        const object = String(sent % requests.objects);
        const version = String(++sent);
        const began = performance.now();
        const response = await fetch(url + path.replaceAll("%d", object), {
          method,
          client,
          headers,
          body: body?.replaceAll("%d", object).replaceAll("%v", version),
        });
        const answer = await response.text();
        if (!response.ok) {
          throw new Error(
            `Cannot measure ${method} ${path}: ${response.status} ${answer}`,
          );
        }
        times.push(performance.now() - began);
      }
    }));
    const perSecond = sent / ((performance.now() - start) / 1000);
    times.sort((a, b) => a - b);
    return { perSecond, medianMs: times[times.length >> 1]! };
  },
};
