/** An HTTP proxy for `Deno.createHttpClient` that always leads to one server. */
export interface ConnectRelay extends Disposable {
  proxy: Deno.Proxy;
}

/**
 * Starts a loopback proxy that relays every CONNECT to `target`.
 *
 * `fetch` verifies a server's certificate against the host of the URL, and
 * has no option for another name. So the URL gets the name to verify, and this
 * relay takes the connection to where the server really is. TLS runs from end
 * to end through it. A password keeps others on this machine out.
 */
export function startConnectRelay(
  target: { hostname: string; port: number },
): ConnectRelay {
  const password = crypto.randomUUID();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  // Does not keep a program alive that has nothing else to do.
  listener.unref();
  const open = new Set<Deno.Conn>();
  (async () => {
    for await (const conn of listener) {
      relay(conn, { target, password, open }).catch(() => close(conn));
    }
  })().catch(() => {}); // closed
  return {
    proxy: {
      transport: "http",
      url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
      basicAuth: { username: "relay", password },
    },
    [Symbol.dispose]() {
      listener.close();
      for (const conn of open) close(conn);
    },
  };
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // closed already
  }
}

async function relay(
  conn: Deno.Conn,
  options: {
    target: { hostname: string; port: number };
    password: string;
    open: Set<Deno.Conn>;
  },
): Promise<void> {
  const { target, password, open } = options;
  open.add(conn);
  let upstream: Deno.TcpConn | undefined;
  try {
    const head = await readHead(conn);
    const wanted = `Basic ${btoa(`relay:${password}`)}`;
    const given = /^proxy-authorization: *(.+?) *$/im.exec(head)?.[1];
    if (!head.startsWith("CONNECT ") || given !== wanted) {
      await answer(conn, "403 Forbidden");
      return;
    }
    try {
      upstream = await Deno.connect(target);
    } catch {
      await answer(conn, "502 Bad Gateway");
      return;
    }
    open.add(upstream);
    await answer(conn, "200 OK");
    // When either side ends, so does the other: HTTP has no half-closed state
    // that matters to a client.
    await Promise.race([pump(conn, upstream), pump(upstream, conn)]);
  } finally {
    for (const c of [conn, upstream]) {
      if (!c) continue;
      close(c);
      open.delete(c);
    }
  }
}

async function pump(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(32 * 1024);
  try {
    while (true) {
      const n = await from.read(buffer);
      if (n === null) return;
      for (let at = 0; at < n;) at += await to.write(buffer.subarray(at, n));
    }
  } catch {
    // cut; the caller closes both
  }
}

/** The request's head. Nothing follows it before our answer. */
async function readHead(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(8192);
  let length = 0;
  while (length < buffer.length) {
    const n = await conn.read(buffer.subarray(length));
    if (n === null) return "";
    length += n;
    const text = new TextDecoder().decode(buffer.subarray(0, length));
    if (text.includes("\r\n\r\n")) return text;
  }
  return "";
}

async function answer(conn: Deno.Conn, status: string): Promise<void> {
  await conn.write(new TextEncoder().encode(`HTTP/1.1 ${status}\r\n\r\n`));
}
