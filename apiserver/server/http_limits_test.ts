/** What requests are refused before or while they are read, as `Deno.serve` and the API server do it. */
import assert from "node:assert/strict";
import { withServer } from "../test_client.ts";

Deno.test("URLs, headers and bodies past what is taken are refused, and the server goes on", async () => {
  await withServer(async (api) => {
    const { server, token } = api;
    const ask = async (
      http2: boolean,
      path: string,
      init: RequestInit & { headers?: Record<string, string> } = {},
    ) => {
      const client = Deno.createHttpClient({
        caCerts: [server.caData],
        http1: !http2,
        http2,
      });
      try {
        const response = await fetch(server.url + path, {
          ...init,
          client,
          headers: { authorization: `Bearer ${token}`, ...init.headers },
        });
        return { code: response.status, text: await response.text() };
      } finally {
        client.close();
      }
    };
    const long = (length: number) => `/version?a=${"x".repeat(length)}`;
    const header = (length: number) => ({
      headers: { "x-long": "x".repeat(length) },
    });
    // HTTP/2 has one limit for URL and headers together.
    assert.equal((await ask(true, long(8000))).code, 200);
    assert.equal((await ask(true, long(40_000))).code, 431);
    assert.equal((await ask(true, "/version", header(40_000))).code, 431);
    // HTTP/1.1 has limits of its own, and no code of its own for them.
    assert.equal((await ask(false, long(60_000))).code, 200);
    assert.equal((await ask(false, "/version", header(60_000))).code, 200);
    for (const http2 of [true, false]) {
      // A stream has no Content-Length that would tell.
      let left = 80;
      const big = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (left-- > 0) controller.enqueue(new Uint8Array(1 << 16));
          else controller.close();
        },
      });
      const { code, text } = await ask(
        http2,
        "/api/v1/namespaces/default/configmaps",
        {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: big,
        },
      );
      assert.equal(code, 413);
      assert.equal(
        JSON.parse(text).message,
        "Request entity too large: limit is 3145728",
      );
    }
    assert.equal((await ask(true, "/version")).code, 200);
  });
});

Deno.test("an HTTP/1.1 request whose URL or headers are too long is cut off", async () => {
  await withServer(async ({ server, token }) => {
    for (const [path, header] of [[70_000, 1], [1, 500_000]] as const) {
      const socket = await Deno.connectTls({
        hostname: server.hostname,
        port: server.port,
        caCerts: [server.caData],
      });
      const write = (async () => {
        const bytes = new TextEncoder().encode(
          `GET /${"x".repeat(path)} HTTP/1.1\r\nhost: x\r\nx-long: ${
            "x".repeat(header)
          }\r\nauthorization: Bearer ${token}\r\n\r\n`,
        );
        for (let at = 0; at < bytes.length;) {
          at += await socket.write(bytes.subarray(at));
        }
      })().catch(() => {});
      const answer = new Uint8Array(12);
      await socket.read(answer);
      assert.equal(new TextDecoder().decode(answer), "HTTP/1.1 400");
      socket.close();
      await write;
    }
  });
});
