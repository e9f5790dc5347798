import assert from "node:assert/strict";
import { type TestClient, withServer } from "../test_client.ts";

/** Types of frames (RFC 9113, 6). */
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const END_STREAM = 1;
const END_HEADERS = 4;

Deno.test("HEAD is answered over HTTP/2 without a body, which clients end the request for", async () => {
  await withServer(async ({ server }) => {
    for (const path of ["/version", "/readyz", "/none"]) {
      const get = await frames(server, { method: "GET", path });
      assert.ok(get.data > 0, path);
      const head = await frames(server, { method: "HEAD", path });
      assert.deepEqual(head, { answered: true, data: 0 }, path);
    }
  });
});

Deno.test("HEAD tells the length of what GET answers", async () => {
  await withServer(async ({ server, token }) => {
    using client = Deno.createHttpClient({ caCerts: [server.caData] });
    const ask = async (method: string, path: string) => {
      const response = await fetch(server.url + path, {
        method,
        client,
        headers: { authorization: `Bearer ${token}` },
      });
      const { status, headers } = response;
      const type = headers.get("content-type");
      const announced = headers.get("content-length");
      const { length } = await response.bytes();
      return { status, type, announced, length };
    };
    for (const path of ["/version", "/apis", "/none"]) {
      const { length, ...get } = await ask("GET", path);
      const head = await ask("HEAD", path);
      assert.deepEqual(head, { ...get, announced: `${length}`, length: 0 });
    }
    // No verb of a resource, as in kube-apiserver.
    for (const path of ["/api/v1/namespaces", "/api/v1/watch/configmaps"]) {
      assert.equal((await ask("HEAD", path)).status, 405);
    }
  });
});

/** What one request is answered with, frame by frame: clients of Deno don't show what they ignore. */
async function frames(
  { hostname, port, caData }: TestClient["server"],
  { method, path }: { method: string; path: string },
): Promise<{ answered: boolean; data: number }> {
  using connection = await Deno.connectTls({
    hostname,
    port,
    caCerts: [caData],
    alpnProtocols: ["h2"],
  });
  const writer = connection.writable.getWriter();
  const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  // Indexes of names in HPACK's static table (RFC 7541, A); 0x87 is all of `:scheme: https`.
  const headers = [
    ...literal(2, method),
    ...literal(4, path),
    0x87,
    ...literal(1, `${hostname}:${port}`),
  ];
  await writer.write(
    new Uint8Array([
      ...preface,
      ...frame(SETTINGS, { stream: 0, flags: 0, payload: [] }),
      ...frame(HEADERS, {
        stream: 1,
        flags: END_HEADERS | END_STREAM,
        payload: headers,
      }),
    ]),
  );
  let rest = new Uint8Array();
  let answered = false;
  let data = 0;
  for await (const chunk of connection.readable) {
    rest = new Uint8Array([...rest, ...chunk]);
    while (rest.length >= 9) {
      const length = rest[0]! << 16 | rest[1]! << 8 | rest[2]!;
      if (rest.length < 9 + length) break;
      const [type, flags, stream] = [rest[3], rest[4]!, rest[8]];
      rest = rest.slice(9 + length);
      if (stream !== 1) continue;
      answered ||= type === HEADERS;
      if (type === DATA) data += length;
      if (flags & END_STREAM && (type === HEADERS || type === DATA)) {
        return { answered, data };
      }
    }
  }
  throw new Error(`${method} ${path} had no end`);
}

function literal(name: number, value: string): number[] {
  return [name, value.length, ...new TextEncoder().encode(value)];
}

function frame(
  type: number,
  { stream, flags, payload }: {
    stream: number;
    flags: number;
    payload: number[];
  },
): number[] {
  return [0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload];
}
