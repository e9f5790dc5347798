import assert from "node:assert/strict";
import { base64url } from "jose";
import {
  configMap,
  eventually,
  type TestClient,
  withServer,
} from "../test_client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const BEARER = "base64url.bearer.authorization.k8s.io.";

/** Opens a WebSocket, with what its client hears of it. */
function open(
  { server, token }: TestClient,
  path: string,
  { protocols, headers = { authorization: `Bearer ${token}` } }: {
    protocols?: string[];
    headers?: Record<string, string>;
  } = {},
) {
  const client = Deno.createHttpClient({ caCerts: [server.caData] });
  const url = server.url.replace("https:", "wss:") + path;
  const socket = new WebSocket(url, { client, headers, protocols });
  const frames: string[] = [];
  socket.onmessage = ({ data }) => frames.push(data);
  const opened = new Promise<boolean>((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });
  const closed = new Promise<CloseEvent>((resolve) => {
    socket.onclose = (event) => {
      client.close();
      resolve(event);
    };
  });
  return { socket, frames, opened, closed };
}

/** A connection that has asked for a watch over a WebSocket, with these headers beside. */
async function raw(
  { server, token }: TestClient,
  headers: string,
): Promise<Deno.TlsConn> {
  const socket = await Deno.connectTls({
    hostname: server.hostname,
    port: server.port,
    caCerts: [server.caData],
  });
  await socket.write(new TextEncoder().encode(
    `GET ${MAPS}?watch=1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n${headers}\r\n`,
  ));
  return socket;
}

/** Type and name of what a frame tells. */
function told(frame: string): string {
  const { type, object } = JSON.parse(frame);
  return `${type} ${object.metadata.name}`;
}

Deno.test("a watch over a WebSocket tells of each event in a text frame, until the client goes away", async () => {
  await withServer(async (api) => {
    await api.post(MAPS, configMap("old", {}));
    await api.post(MAPS, configMap("older", { text: "zwölf\nlines" }));
    const { socket, frames, opened, closed } = open(
      api,
      `${MAPS}?watch=1&fieldSelector=metadata.name!=kube-root-ca.crt`,
    );
    assert.ok(await opened);
    await eventually(() => frames.length === 2);
    await api.post(MAPS, configMap("new", {}));
    await api.delete(`${MAPS}/old`);
    await eventually(() => frames.length === 4);
    assert.deepEqual(frames.map(told), [
      "ADDED old",
      "ADDED older",
      "ADDED new",
      "DELETED old",
    ]);
    assert.equal(JSON.parse(frames[1]!).object.data.text, "zwölf\nlines");
    socket.close();
    await closed;
    await eventually(async () =>
      (await api.get("/metrics")).body.includes("\napiserver_watchers 0\n")
    );
  });
});

Deno.test("a watch over a WebSocket ends with its time, and with the server", async () => {
  await withServer(async (api) => {
    const short = open(api, `${MAPS}?watch=1&timeoutSeconds=1`);
    assert.equal((await short.closed).wasClean, true);
    const long = open(api, `${MAPS}?watch=1`);
    assert.ok(await long.opened);
    await api.server.close();
    await long.closed;
  });
});

Deno.test("what is wrong with a watch is answered before a WebSocket is opened, and it is no way round", async () => {
  await withServer(async (api) => {
    const refused = async (...args: [string, Parameters<typeof open>[2]?]) => {
      const { opened, closed } = open(api, ...args);
      assert.equal(await opened, false, args[0]);
      await closed;
    };
    await refused(`${MAPS}?watch=1`, { headers: {} });
    await refused(`${MAPS}?watch=1`, {
      headers: { authorization: "Bearer wrong" },
    });
    await refused(`${MAPS}?watch=1&labelSelector=a%20b`);
    await refused("/api/v1/nothings?watch=1");
    await refused(MAPS);
    // Without a key.
    const socket = await raw(api, "");
    const { value } = await socket.readable.getReader().read();
    assert.match(
      new TextDecoder().decode(value),
      /^HTTP\/1.1 400 [^]*cannot upgrade to a WebSocket/,
    );
    socket.close();
  });
});

Deno.test("a browser's token comes as a subprotocol beside the one to agree on", async () => {
  await withServer(async (api) => {
    const ours = BEARER + base64url.encode(api.token);
    const path = `${MAPS}?watch=1`;
    const attempt = async (...protocols: string[]) => {
      const one = open(api, path, { protocols, headers: {} });
      const opened = await one.opened;
      if (opened) one.socket.close();
      await one.closed;
      return opened ? one.socket.protocol : "refused";
    };
    const other = "base64.binary.k8s.io";
    assert.equal(await attempt(ours, other), other);
    assert.equal(await attempt(other, ours), other);
    assert.equal(await attempt(ours), "refused");
    assert.equal(await attempt(BEARER + "bad", other), "refused");
    assert.equal(await attempt(other), "refused");
  });
});

Deno.test("a client of a WebSocket that takes nothing is dropped, and what waits for it with it", async () => {
  await withServer(async (api) => {
    const socket = await raw(
      api,
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    );
    const gauge = async (name: string) => {
      const { body } = await api.get("/metrics");
      return Number(body.match(new RegExp(`\n${name} (\\d+)\n`))![1]);
    };
    await eventually(async () => await gauge("apiserver_watchers") === 1);
    await api.post(MAPS, configMap("big", { text: "x".repeat(500_000) }));
    // The kernel takes some megabytes before anything waits here.
    let sent = 500_000;
    while (await gauge("apiserver_watchers_dropped_total") === 0) {
      assert.ok(sent < 100e6, "100 MB wait for somebody who reads nothing");
      await api.patch(`${MAPS}/big`, "merge", { data: { count: `${sent}` } });
      sent += 500_000;
    }
    assert.equal(await gauge("apiserver_watchers"), 0);
    socket.close();
  }, { watchers: { maxQueuedBytes: 2e6 } });
});

Deno.test("a watch over a WebSocket stands in the audit log with its end", async () => {
  const dir = await Deno.makeTempDir();
  const file = `${dir}/audit.log`;
  await withServer(async (api) => {
    const { socket, frames, opened, closed } = open(api, `${MAPS}?watch=1`);
    assert.ok(await opened);
    await api.post(MAPS, configMap("one"));
    await eventually(() => frames.some((f) => told(f) === "ADDED one"));
    socket.close();
    await closed;
    const stages = async () =>
      (await Deno.readTextFile(file)).split("\n").filter(Boolean)
        .map((line) => JSON.parse(line))
        .filter(({ verb }) => verb === "watch").map(({ stage }) => stage);
    await eventually(async () => (await stages()).includes("ResponseComplete"));
  }, { audit: { file } });
  await Deno.remove(dir, { recursive: true });
});
