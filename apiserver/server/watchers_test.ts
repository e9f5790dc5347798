import assert from "node:assert/strict";
import type { Sink } from "../registry/watch.ts";
import { configMap, eventually, withServer } from "../test_client.ts";
import { Watchers } from "./watchers.ts";

Deno.test("watches over the network: a client that goes away is forgotten, one that stays is told of the end", async () => {
  await withServer(async (api) => {
    const { server, token } = api;
    const client = Deno.createHttpClient({ caCerts: [server.caData] });
    const open = async () => {
      const response = await fetch(
        `${server.url}/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=1`,
        { client, headers: { authorization: `Bearer ${token}` } },
      );
      return response.body!.getReader();
    };
    const watchers = async (count: number) => {
      const { body } = await api.get("/metrics");
      return body.includes(`\napiserver_watchers ${count}\n`);
    };
    try {
      const [goes, stays] = [await open(), await open()];
      await eventually(() => watchers(2));
      await goes.cancel();
      await eventually(() => watchers(1));
      const end = (async () => {
        while (!(await stays.read()).done);
        return "ended";
      })();
      await server.close();
      assert.equal(await end, "ended");
    } finally {
      client.close();
    }
  });
});

Deno.test("a watch over a socket that nobody reads is dropped, and what waits for it with it", async () => {
  await withServer(async (api) => {
    const { server, token } = api;
    const maps = "/api/v1/namespaces/default/configmaps";
    const socket = await Deno.connectTls({
      hostname: server.hostname,
      port: server.port,
      caCerts: [server.caData],
    });
    await socket.write(new TextEncoder().encode(
      `GET ${maps}?watch=1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`,
    ));
    const gauge = async (name: string) => {
      const { body } = await api.get("/metrics");
      return Number(body.match(new RegExp(`\n${name} (\\d+)\n`))![1]);
    };
    await eventually(async () => await gauge("apiserver_watchers") === 1);
    const big = configMap("big", { text: "x".repeat(500_000) });
    await api.post(maps, big);
    // The kernel takes some megabytes before anything waits here.
    let sent = 500_000;
    while (await gauge("apiserver_watchers_dropped_total") === 0) {
      assert.ok(sent < 100e6, "100 MB wait for somebody who reads nothing");
      const { code } = await api.patch(`${maps}/big`, "merge", {
        data: { count: String(sent) },
      });
      assert.equal(code, 200);
      sent += 500_000;
    }
    assert.equal(await gauge("apiserver_watchers"), 0);
    let received = 0;
    const buffer = new Uint8Array(65536);
    try {
      for (let n; (n = await socket.read(buffer)) !== null;) received += n;
    } catch { /* cut without a word */ }
    socket.close();
    assert.ok(received < sent - 1e6, `${received} of ${sent} bytes were kept`);
  }, { watchers: { maxQueuedBytes: 2e6 } });
});

Deno.test("a user has so many watches open and no more; system:masters has any number", async () => {
  await withServer(async (api) => {
    const path = "/api/v1/namespaces/default/configmaps?watch=1";
    await api.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "ada" },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ kind: "User", name: "ada" }],
    });
    const ada = { "impersonate-user": "ada" };
    const open = [await api.watch(path, ada), await api.watch(path, ada)];
    const refused = await api.get(path, ada);
    assert.equal(refused.code, 429);
    assert.equal(refused.headers.get("retry-after"), "1");
    assert.match(refused.body.message, /ada has 2 watches open already/);
    open.push(await api.watch(path), await api.watch(path));
    open.push(await api.watch(path));
    await open.shift()!.stop();
    open.push(await api.watch(path, ada));
    for (const watch of open) await watch.stop();
  }, { watchers: { maxPerUser: 2 } });
});

Deno.test("watches that nobody reads hold no copies of the state that they start with", async () => {
  await withServer(async (api) => {
    const maps = "/api/v1/namespaces/default/configmaps";
    const text = "x".repeat(200_000);
    for (let i = 0; i < 100; i++) {
      await api.post(maps, configMap(`map-${i}`, { text }));
    }
    const before = Deno.memoryUsage().external;
    const watches: Response[] = [];
    for (let i = 0; i < 20; i++) {
      watches.push(
        await api.server.fetch(
          new Request(`${api.server.url}${maps}?watch=1`, {
            headers: { authorization: `Bearer ${api.token}` },
          }),
        ),
      );
    }
    const held = Deno.memoryUsage().external - before;
    assert.ok(held < 100e6, `20 copies of 20 MB: ${held} bytes`);
    // Whoever reads gets all of it, then what came meanwhile.
    await api.post(maps, configMap("last"));
    let lines = "";
    for await (
      const part of watches[0]!.body!.pipeThrough(new TextDecoderStream())
    ) {
      lines += part;
      if (lines.endsWith("}\n") && lines.includes('"name":"last"')) break;
    }
    const names = lines.trim().split("\n")
      .map((line) => JSON.parse(line).object.metadata.name)
      .filter((name) => name !== "kube-root-ca.crt");
    assert.equal(names.length, 101);
    assert.equal(names.at(-1), "last");
    for (const watch of watches.slice(1)) await watch.body!.cancel();
  });
});

Deno.test("a watch that ends before its client has read all that it starts with sends no bookmark", async () => {
  const watchers = new Watchers();
  const line = (text: string) => new TextEncoder().encode(`${text}\n`);
  const stream = watchers.stream((sink: Sink) => {
    sink.begin(Array.from({ length: 10 }, () => line("A".repeat(40_000))));
    return { bookmark: () => sink.send(line("BOOKMARK")), stop() {} };
  }, { timeoutMs: 60_000, user: { name: "ada", groups: [] } });
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value!;
  watchers.close();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  assert.ok(
    !text.includes("BOOKMARK"),
    "it would resume behind what is missing",
  );
  assert.equal(watchers.size, 0);
});
