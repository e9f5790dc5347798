import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { FakeClock } from "./clock.ts";
import { KubeApiError } from "./kube_api_error.ts";
import { createRestClient } from "./rest_client.ts";
import { createAuthority } from "./testing/certificates.ts";
import { startFaultServer, statusResponse } from "./testing/fault_server.ts";

const GET = { method: "GET", path: "/api/v1/pods", expectJson: true } as const;

Deno.test("rest client throws what the server refuses as KubeApiError", async () => {
  await using server = startFaultServer(() =>
    statusResponse(409, {
      reason: "AlreadyExists",
      message: 'pods "a" already exists',
      details: { name: "a", kind: "pods" },
    })
  );
  using rest = createRestClient({ ...server.config, token: "s3cret-token" });
  await assert.rejects(rest.performRequest(GET), (error) => {
    assert(error instanceof KubeApiError);
    assert.equal(error.code, 409);
    assert.equal(error.reason, "AlreadyExists");
    assert.equal(error.details?.name, "a");
    assert.equal(
      error.message,
      'pods "a" already exists (GET /api/v1/pods)',
    );
    return true;
  });
});

Deno.test("rest client makes sense of an error page that is no Status", async () => {
  await using server = startFaultServer(() =>
    new Response("<h1>no backend</h1>\nmore", { status: 502 })
  );
  using rest = createRestClient(server.config);
  await assert.rejects(rest.performRequest(GET), {
    name: "KubeApiError",
    code: 502,
    message: "the server answered 502: <h1>no backend</h1> (GET /api/v1/pods)",
  });
});

Deno.test("rest client repeats a request that was throttled, after the time the server asked for", async () => {
  let left = 2;
  const clock = new FakeClock();
  await using server = startFaultServer(() =>
    left-- > 0
      ? statusResponse(429, { retryAfter: 7 })
      : Response.json({ ok: 1 })
  );
  using rest = createRestClient(server.config, { clock });
  const answer = rest.performRequest(GET);
  await clock.untilSleeping();
  await clock.advance(6999);
  assert.equal(server.requests.length, 1);
  let done = false;
  answer.finally(() => done = true);
  const started = clock.now();
  while (!done) await clock.advance(500);
  assert(clock.now() - started >= 7000);
  assert.deepEqual(await answer, { ok: 1 });
  assert.equal(server.requests.length, 3);
});

Deno.test("rest client asks kcp for watches that end before their silence counts as death", async () => {
  await using server = startFaultServer(() => Response.json({}));
  const asked = async (
    config: { server: string },
    querystring: Record<string, string>,
  ) => {
    using rest = createRestClient(config);
    await rest.performRequest({
      ...GET,
      querystring: new URLSearchParams(querystring),
    });
    const [, query] = server.requests.at(-1)!.split("?");
    return new URLSearchParams(query).get("timeoutSeconds");
  };
  const kcp = {
    ...server.config,
    server: `${server.config.server}/clusters/root:faros:site-a`,
  };
  const watch = { watch: "true", timeoutSeconds: "431" };
  assert.equal(await asked(server.config, watch), "431");
  assert.equal(await asked(kcp, watch), "71");
  assert.equal(await asked(kcp, { ...watch, timeoutSeconds: "599" }), "119");
  assert.equal(await asked(kcp, { ...watch, timeoutSeconds: "30" }), "30");
  assert.equal(await asked(kcp, { timeoutSeconds: "431" }), "431");
});

Deno.test("rest client counts the streams that are open", async () => {
  await using server = startFaultServer(() =>
    new Response(ReadableStream.from([new Uint8Array(1), new Uint8Array(1)]))
  );
  using rest = createRestClient(server.config);
  const open = () =>
    rest.performRequest({ ...GET, expectJson: false, expectStream: true });
  const read = await open() as ReadableStream;
  const cancelled = await open() as ReadableStream;
  assert.equal(rest.openStreams, 2);
  await cancelled.cancel();
  assert.equal(rest.openStreams, 1);
  await Array.fromAsync(read);
  assert.equal(rest.openStreams, 0);
});

Deno.test("rest client gives up on a server that keeps throttling", async () => {
  await using server = startFaultServer(() =>
    statusResponse(429, { retryAfter: 0 })
  );
  const clock = { now: Date.now, sleep: () => Promise.resolve() };
  using rest = createRestClient(server.config, { clock, maxRetries: 2 });
  await assert.rejects(rest.performRequest(GET), { code: 429 });
  assert.equal(server.requests.length, 3);
});

Deno.test("rest client reads a rotated token file, at once when refused", async () => {
  const tokenFile = await Deno.makeTempFile();
  try {
    let valid = "one";
    const seen: (string | null)[] = [];
    await using server = startFaultServer((request) => {
      const given = request.headers.get("authorization");
      seen.push(given);
      return given === `Bearer ${valid}`
        ? Response.json({})
        : statusResponse(401);
    });
    const clock = new FakeClock();
    await Deno.writeTextFile(tokenFile, "one\n");
    using rest = createRestClient({ ...server.config, tokenFile }, { clock });
    await rest.performRequest(GET);
    await Deno.writeTextFile(tokenFile, "two\n");
    valid = "two";
    await rest.performRequest(GET);
    assert.deepEqual(seen, ["Bearer one", "Bearer one", "Bearer two"]);
    // Refused again after a fresh read: no endless loop.
    valid = "three";
    await assert.rejects(rest.performRequest(GET), { code: 401 });
    // Where the file is gone for a moment, the last token still serves.
    valid = "two";
    await Deno.remove(tokenFile);
    await clock.advance(60_000);
    await rest.performRequest(GET);
  } finally {
    await Deno.remove(tokenFile).catch(() => {});
  }
});

Deno.test("rest client runs a credential plugin once for requests that arrive together", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const script = `echo run >>"${dir}/runs"; test -n "$KUBERNETES_EXEC_INFO"
echo '{"kind":"ExecCredential","status":{"token":"from-'$EXTRA'"}}'`;
    await using server = startFaultServer((request) =>
      Response.json(request.headers.get("authorization"))
    );
    using rest = createRestClient({
      ...server.config,
      exec: {
        command: "/bin/sh",
        args: ["-ec", script],
        env: [{ name: "EXTRA", value: "plugin" }],
      },
    });
    assert.deepEqual(
      await Promise.all([rest.performRequest(GET), rest.performRequest(GET)]),
      ["Bearer from-plugin", "Bearer from-plugin"],
    );
    assert.equal(await Deno.readTextFile(`${dir}/runs`), "run\n");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("rest client says what a failing credential plugin said", async () => {
  using rest = createRestClient({
    server: "http://127.0.0.1:1",
    exec: {
      command: "/bin/sh",
      args: ["-c", "echo not logged in >&2; exit 3"],
      installHint: "Run login first.",
    },
  });
  await assert.rejects(rest.performRequest(GET), {
    message:
      "Cannot get a credential from /bin/sh: it exited with 3: not logged in\nRun login first.",
  });
});

Deno.test("rest client sends each group to impersonate as a header of its own", async () => {
  // Fetch would show them joined by commas, so read them raw.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const head = (async () => {
    using conn = await listener.accept();
    const buffer = new Uint8Array(8192);
    const n = await conn.read(buffer);
    await conn.write(new TextEncoder().encode(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    ));
    return new TextDecoder().decode(buffer.subarray(0, n!)).toLowerCase();
  })();
  const { port } = listener.addr as Deno.NetAddr;
  using rest = createRestClient({ server: `http://127.0.0.1:${port}` });
  await rest.withImpersonation({
    user: "Jane",
    groups: ["a", "b"],
    extra: { "x.io/scope": ["s"] },
  }).performRequest(GET);
  assert.match(await head, /impersonate-user: jane\r\n/);
  assert.match(await head, /impersonate-group: a\r\n/);
  assert.match(await head, /impersonate-group: b\r\n/);
  assert.match(await head, /impersonate-extra-x\.io%2fscope: s\r\n/);
});

Deno.test("rest client keeps the path of a server that is not at the root", async () => {
  await using server = startFaultServer(() => Response.json({}));
  using rest = createRestClient({ server: `${server.url}/clusters/root:a/` });
  await rest.performRequest({
    ...GET,
    querystring: new URLSearchParams({ limit: "1" }),
  });
  assert.deepEqual(server.requests, [
    "GET /clusters/root:a/api/v1/pods?limit=1",
  ]);
});

Deno.test("rest client hands on warnings", async () => {
  await using server = startFaultServer(() =>
    Response.json({}, {
      headers: {
        warning: '299 - "v1beta1 is \\"old\\"", 299 - "unknown field \\"x\\""',
      },
    })
  );
  const warnings: string[] = [];
  using rest = createRestClient(server.config, {
    onWarning: (text) => warnings.push(text),
  });
  await rest.performRequest(GET);
  assert.deepEqual(warnings, ['v1beta1 is "old"', 'unknown field "x"']);
});

Deno.test("rest client rejects with the reason of the signal", async () => {
  const stop = new AbortController();
  await using server = startFaultServer(() => new Promise(() => {}));
  using rest = createRestClient(server.config);
  const answer = rest.performRequest({ ...GET, abortSignal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(answer, { message: "enough" });
});

Deno.test("rest client does not wait for ever for an answer", async () => {
  await using server = startFaultServer(() => new Promise(() => {}));
  using rest = createRestClient(server.config, { requestTimeout: 50 });
  await assert.rejects(rest.performRequest(GET), {
    name: "TimeoutError",
    message: "No answer to GET /api/v1/pods within 50 ms",
  });
});

Deno.test("rest client says which server it cannot reach, and not with which token", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  using rest = createRestClient({
    server: `http://127.0.0.1:${port}`,
    token: "s3cret-token",
  });
  await assert.rejects(rest.performRequest(GET), (error: Error) => {
    const said = `Cannot GET http://127.0.0.1:${port}/api/v1/pods: `;
    assert(error.message.startsWith(said));
    // The URL once is enough, in logs too.
    assert.equal(error.cause, undefined);
    assert.match(error.message.slice(said.length), /^[^:]*refused[^:]*$/);
    assert(!Deno.inspect(error).includes("s3cret"));
    return true;
  });
});

Deno.test("rest client trusts the CA it is given, and no other", async () => {
  const authority = await createAuthority();
  const tls = await authority.server("127.0.0.1");
  await using server = startFaultServer(() => Response.json({ ok: 1 }), {
    tls,
  });
  using trusting = createRestClient({ ...server.config, caData: authority.ca });
  assert.deepEqual(await trusting.performRequest(GET), { ok: 1 });
  using other = createRestClient({
    ...server.config,
    caData: (await createAuthority()).ca,
  });
  await assert.rejects(other.performRequest(GET), {
    message: /certificate-authority-data of the kubeconfig/,
  });
});

Deno.test("rest client explains that one connection alone cannot skip verification", async () => {
  const tls = await (await createAuthority()).server("127.0.0.1");
  await using server = startFaultServer(() => Response.json({}), { tls });
  using rest = createRestClient({
    ...server.config,
    insecureSkipTlsVerify: true,
  });
  await assert.rejects(rest.performRequest(GET), {
    message: /--unsafely-ignore-certificate-errors/,
  });
});

Deno.test("rest client checks the certificate for tls-server-name", async () => {
  const authority = await createAuthority();
  const tls = await authority.server("api.site.internal");
  await using server = startFaultServer(() => Response.json({ ok: 1 }), {
    tls,
  });
  const config = { ...server.config, caData: authority.ca };
  using named = createRestClient({
    ...config,
    tlsServerName: "api.site.internal",
  });
  assert.deepEqual(await named.performRequest(GET), { ok: 1 });
  using plain = createRestClient(config);
  await assert.rejects(plain.performRequest(GET), {
    message: /not valid for name/,
  });
  using wrong = createRestClient({
    ...config,
    tlsServerName: "other.internal",
  });
  await assert.rejects(wrong.performRequest(GET), {
    message: /not valid for name "other.internal"/,
  });
});

Deno.test("rest client presents a client certificate", async () => {
  const authority = await createAuthority();
  const { cert, key } = await authority.server("127.0.0.1");
  const server = createServer(
    {
      cert,
      key,
      ca: authority.ca,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      response.setHeader("connection", "close");
      response.end(JSON.stringify({ user: peer.subject.CN }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const me = await authority.client("jane");
    using rest = createRestClient({
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      caData: authority.ca,
      clientCert: me.cert,
      clientKey: me.key,
    });
    assert.deepEqual(await rest.performRequest(GET), { user: "jane" });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("rest client connects anew after a connection that went dead", async () => {
  const authority = await createAuthority();
  const tls = await authority.server("127.0.0.1");
  await using server = startFaultServer(() => Response.json({ ok: 1 }), {
    tls,
  });
  // Relays connections to the server, and forgets those that it has when
  // told to, as a NAT does.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns: Deno.Conn[] = [];
  const dead = new Set<Deno.Conn>();
  (async () => {
    for await (const conn of listener) {
      const up = await Deno.connect({
        hostname: "127.0.0.1",
        port: server.port,
      });
      conns.push(conn, up);
      const pump = async (from: Deno.Conn, to: Deno.Conn) => {
        const buffer = new Uint8Array(16384);
        for (let n; (n = await from.read(buffer)) !== null;) {
          if (!dead.has(conn)) await to.write(buffer.slice(0, n));
        }
      };
      pump(conn, up).catch(() => {});
      pump(up, conn).catch(() => {});
    }
  })().catch(() => {});
  using rest = createRestClient({
    server: `https://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    caData: authority.ca,
  }, { requestTimeout: 2000 });
  try {
    assert.deepEqual(await rest.performRequest(GET), { ok: 1 });
    for (const conn of conns) dead.add(conn);
    await assert.rejects(rest.performRequest(GET), { name: "TimeoutError" });
    assert.deepEqual(await rest.performRequest(GET), { ok: 1 });
  } finally {
    for (const conn of conns) conn.close();
  }
});

Deno.test("rest client opens tunnels of numbered channels", async () => {
  const authority = await createAuthority();
  const tls = await authority.server("api.internal");
  await using server = startFaultServer((request) => {
    assert.equal(request.headers.get("authorization"), "Bearer t");
    const { socket, response } = Deno.upgradeWebSocket(request, {
      protocol: "v5.channel.k8s.io",
    });
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      const message = new Uint8Array(data);
      if (message[0] === 255) {
        socket.send(Uint8Array.of(255, 1)); // nothing more on channel 1
        return;
      }
      message[0] = 1; // standard output
      socket.send(message);
    };
    return response;
  }, { tls });
  using rest = createRestClient({
    ...server.config,
    caData: authority.ca,
    tlsServerName: "api.internal",
    token: "t",
  });
  const tunnel = await rest.performRequest({
    method: "GET",
    path: "/api/v1/namespaces/a/pods/b/exec",
    expectTunnel: ["v5.channel.k8s.io"],
  });
  const output = tunnel.getReadableStream({ index: 1 });
  const writer = tunnel.getWritableStream({ index: 0 }).getWriter();
  await tunnel.whenReady();
  assert.equal(tunnel.subProtocol, "v5.channel.k8s.io");
  await writer.write(new TextEncoder().encode("echo "));
  await writer.write(new TextEncoder().encode("this"));
  await writer.close();
  assert.equal(await new Response(output).text(), "echo this");
  await tunnel.close();
});

Deno.test("rest client says that a tunnel was refused", async () => {
  await using server = startFaultServer(() => statusResponse(403));
  using rest = createRestClient(server.config);
  const tunnel = await rest.performRequest({
    method: "GET",
    path: "/api/v1/namespaces/a/pods/b/exec",
    expectTunnel: ["v5.channel.k8s.io"],
  });
  await assert.rejects(tunnel.whenReady(), {
    message:
      /^Cannot open a tunnel to \/api\/v1\/namespaces\/a\/pods\/b\/exec: /,
  });
  await tunnel.close();
});
