/**
 * Relays of TCP connections: one that cuts them off, and proxies.
 *
 * @module
 */

/** A relay at work. */
export interface Relay extends AsyncDisposable {
  port: number;
  /** Where connections asked to go: `example.org:443`. */
  targets: string[];
}

/** What a proxy asks for, and where it leads. */
export interface ProxyOptions {
  login?: { username: string; password: string };
  /** Where all connections go, whatever they ask for. @default where they ask */
  to?: number;
}

type Handle = (
  connection: Deno.TcpConn,
  targets: string[],
) => Promise<void>;

/** Leads to a port of loopback, and cuts a connection after so many bytes from there. */
export function startCuttingRelay(port: number, bytes: number): Relay {
  return listen((connection, targets) => {
    targets.push(`127.0.0.1:${port}`);
    return join(connection, { port, cutAfter: bytes });
  });
}

/** An HTTP proxy that takes CONNECT. */
export function startHttpProxy(options: ProxyOptions = {}): Relay {
  const { login, to } = options;
  const expected = login &&
    `Basic ${btoa(`${login.username}:${login.password}`)}`;
  return listen(async (connection, targets) => {
    let head = "";
    const buffer = new Uint8Array(4096);
    while (!head.includes("\r\n\r\n")) {
      const n = await connection.read(buffer);
      if (n === null) return;
      head += new TextDecoder().decode(buffer.subarray(0, n));
    }
    const say = (text: string) =>
      connection.write(new TextEncoder().encode(text));
    const authorization = /^proxy-authorization: (.*)$/im.exec(head)?.[1];
    if (expected && authorization?.trim() !== expected) {
      await say(
        'HTTP/1.1 407 no\r\nProxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      );
      return;
    }
    const target = /^CONNECT (\S+):(\d+) /.exec(head);
    if (!target) {
      await say("HTTP/1.1 400 no\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    targets.push(`${target[1]}:${target[2]}`);
    await say("HTTP/1.1 200 go\r\n\r\n");
    await join(connection, { port: to ?? Number(target[2]) });
  });
}

/** A SOCKS5 proxy (RFC 1928, 1929). */
export function startSocksProxy(options: ProxyOptions = {}): Relay {
  const { login, to } = options;
  return listen(async (connection, targets) => {
    const read = async (length: number) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const n = await connection.read(bytes.subarray(at));
        if (n === null) throw new Error("ended");
        at += n;
      }
      return bytes;
    };
    const write = (...bytes: number[]) =>
      connection.write(Uint8Array.from(bytes));
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const [, count = 0] = await read(2);
    const methods = await read(count);
    const method = login ? 2 : 0;
    if (!methods.includes(method)) {
      await write(5, 0xff);
      return;
    }
    await write(5, method);
    if (login) {
      const [, userLength = 0] = await read(2);
      const username = text(await read(userLength));
      const [passwordLength = 0] = await read(1);
      const password = text(await read(passwordLength));
      const isRight = username === login.username &&
        password === login.password;
      await write(1, isRight ? 0 : 1);
      if (!isRight) return;
    }
    const [, , , type] = await read(4);
    const host = type === 3
      ? text(await read((await read(1))[0]!))
      : (await read(type === 1 ? 4 : 16)).join(".");
    const [high = 0, low = 0] = await read(2);
    const port = high * 256 + low;
    targets.push(`${host}:${port}`);
    await write(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);
    await join(connection, { port: to ?? port });
  });
}

function listen(handle: Handle): Relay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let closed = false;
  const open = new Set<Deno.TcpConn>();
  const targets: string[] = [];
  const work = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      const done: Promise<void> = handle(connection, targets)
        .catch(() => {}).finally(() => {
          open.delete(connection);
          close(connection);
          work.delete(done);
        });
      work.add(done);
    }
  })();
  return {
    port: listener.addr.port,
    targets,
    async [Symbol.asyncDispose]() {
      if (!closed) listener.close();
      closed = true;
      for (const connection of open) close(connection);
      await accepting;
      await Promise.all(work);
    },
  };
}

async function join(
  near: Deno.TcpConn,
  options: { port: number; cutAfter?: number },
): Promise<void> {
  const { port, cutAfter = Infinity } = options;
  const far = await Deno.connect({ hostname: "127.0.0.1", port });
  const copy = async (
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    limit = Infinity,
  ) => {
    const buffer = new Uint8Array(16 * 1024);
    let copied = 0;
    while (true) {
      const n = await from.read(buffer);
      if (n === null || (copied += n) > limit) return;
      for (let at = 0; at < n;) at += await to.write(buffer.subarray(at, n));
    }
  };
  const end = () => {
    close(near);
    close(far);
  };
  await Promise.allSettled([
    copy(near, far).finally(end),
    copy(far, near, cutAfter).finally(end),
  ]);
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
