import type { Address } from "./load_tool.ts";
import { Sighting } from "./sighting.ts";
import { type OpenWatchers, type WatchersOf, watchPath } from "./watchers.ts";

const encoder = new TextEncoder();
/** Of bytes that are looked through, not understood. */
const decoder = new TextDecoder("latin1");

/**
 * Opens watches of ConfigMaps over HTTP/1.1, a socket each, and looks through what arrives without reading it as HTTP:
 * that takes a third of what `fetch` does, so that what is measured is the server.
 */
export async function openSocketWatchers(
  address: Address,
  of: WatchersOf & { count: number },
): Promise<OpenWatchers> {
  const sockets: Deno.TlsConn[] = [];
  let closed = false;
  const sighting = new Sighting();
  const follow = async (socket: Deno.TlsConn) => {
    const chunk = new Uint8Array(16 << 10);
    let rest = "";
    try {
      for (;;) {
        const length = await socket.read(chunk);
        if (length === null) throw new Error("a watch ended");
        rest = sighting.look(rest + decoder.decode(chunk.subarray(0, length)));
      }
    } catch (error) {
      if (!closed) sighting.fail(error);
    }
  };
  const close = () => {
    closed = true;
    for (const socket of sockets) socket.close();
  };
  try {
    while (sockets.length < of.count) {
      const socket = await openWatch(address, of);
      sockets.push(socket);
      follow(socket);
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    sawAll: (text, saw) => sighting.wait(text, { readers: of.count, saw }),
    [Symbol.dispose]: close,
  };
}

/** A socket on which the answer to a watch has begun. */
async function openWatch(
  { url, token, caData }: Address,
  of: WatchersOf,
): Promise<Deno.TlsConn> {
  const { hostname, port, host } = new URL(url);
  const socket = await Deno.connectTls({
    hostname,
    port: Number(port),
    caCerts: [caData],
  });
  const request = [
    `GET ${watchPath(of)} HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${token}`,
  ];
  await socket.write(encoder.encode(request.join("\r\n") + "\r\n\r\n"));
  const chunk = new Uint8Array(16 << 10);
  const head = decoder.decode(
    chunk.subarray(0, await socket.read(chunk) ?? 0),
  );
  if (!head.startsWith("HTTP/1.1 200")) {
    socket.close();
    throw new Error(`Cannot open a watch: ${head}`);
  }
  return socket;
}
