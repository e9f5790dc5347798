import assert from "node:assert/strict";
import { configMap, eventually, withServer } from "../test_client.ts";

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
