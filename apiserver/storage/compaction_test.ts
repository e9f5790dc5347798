import assert from "node:assert/strict";
import { configMap, TestClient } from "../test_client.ts";
import { startApiServer } from "../mod.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
/** All but the one that a controller makes when it gets to it. */
const OURS = "fieldSelector=metadata.name%21%3Dkube-root-ca.crt";

Deno.test("compaction: a live watch misses nothing, however much history goes under it", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await startApiServer({ dataDir, history: 20 });
    const api = new TestClient(server, server.adminToken);
    const start = (await api.get(MAPS)).body.metadata.resourceVersion;
    const watches = await Promise.all(
      [
        `${MAPS}?watch=true&resourceVersion=${start}&${OURS}`,
        `${MAPS}?watch=true&resourceVersion=${start}&labelSelector=even%3Dyes`,
      ].map((path) => api.watch(path)),
    );
    const changes = 400;
    for (let i = 0; i < changes; i++) {
      const labels = { even: i % 2 === 0 ? "yes" : "no" };
      const { code } = await api.post(
        MAPS,
        configMap(`m${i}`, {}, { labels }),
      );
      assert.equal(code, 201);
    }
    // What they were started from is long gone.
    const late = await api.watch(`${MAPS}?watch=true&resourceVersion=${start}`);
    assert.equal((await late.next()).object.code, 410);
    await late.stop();

    const wanted = Array.from({ length: changes }, (_, i) => `ADDED m${i}`);
    assert.deepEqual(await watches[0]!.names(changes), wanted);
    assert.deepEqual(
      await watches[1]!.names(changes / 2),
      wanted.filter((_, i) => i % 2 === 0),
    );
    for (const watch of watches) await watch.stop();
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
