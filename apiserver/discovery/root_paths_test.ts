import assert from "node:assert/strict";
import { withWidgets } from "../test_client.ts";

Deno.test("root paths: what there is to read, custom resources included, and all of it can be", async () => {
  await withWidgets(async (api) => {
    const { code, body } = await api.get("/");
    assert.equal(code, 200);
    const { paths }: { paths: string[] } = body;
    assert.deepEqual(paths, [...paths].sort());
    for (const path of ["/api/v1", "/apis", "/apis/example.com/v1"]) {
      assert.ok(paths.includes(path), path);
    }
    for (const path of paths) {
      assert.equal((await api.get(path)).code, 200, path);
    }
  });
});

Deno.test("what a group of the server's own does not have is said in a Status, as client libraries expect it", async () => {
  await withWidgets(async (api) => {
    const custom = "/apis/example.com/v1";
    const own = [
      "/api/v2",
      "/api/v2/pods",
      "/api/v1/nothings",
      "/api/v1/configmaps/a",
      "/api/v1/namespaces/default/configmaps/a/status",
      "/apis/coordination.k8s.io/v9",
      "/apis/coordination.k8s.io/v9/leases",
      "/apis/coordination.k8s.io/v1/nothings",
    ];
    for (const path of own) {
      const { code, body } = await api.get(path);
      assert.deepEqual([code, body.reason], [404, "NotFound"], path);
      assert.match(body.message, /could not find the requested resource/);
    }
    const others = [
      "/apis/nothing.example.com",
      "/apis/nothing.example.com/v1/things",
      `${custom}/nothings`,
      `${custom}/widgets/a`,
      "/nothing",
    ];
    for (const path of others) {
      const { code, body } = await api.get(path);
      assert.deepEqual([code, body], [404, "404 page not found\n"], path);
    }
  });
});
