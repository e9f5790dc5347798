import assert from "node:assert/strict";
import { startApiServer } from "../mod.ts";
import { configMap, refused, TestClient } from "../test_client.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

Deno.test({
  name:
    "a server whose folder was moved or replaced acknowledges nothing that would be lost, and says that it is not ready",
  // No open file can be moved there.
  ignore: Deno.build.os === "windows",
  async fn() {
    const dir = await Deno.makeTempDir();
    const dataDir = `${dir}/data`;
    try {
      const server = await startApiServer({
        dataDir,
        listen: false,
        log: () => {},
      });
      const api = new TestClient(server, server.adminToken);
      const ready = async () => (await api.get("/readyz")).code;
      assert.equal((await api.post(MAPS, configMap("before"))).code, 201);
      assert.equal(await ready(), 200);
      const lost = async () => {
        refused(
          await api.post(MAPS, configMap("lost")),
          500,
          /store\.db is no longer the file that this server opened.*put it back/,
        );
        assert.equal(await ready(), 500);
        // What was stored is there to be read.
        assert.equal((await api.get(`${MAPS}/before`)).code, 200);
      };
      await Deno.rename(dataDir, `${dir}/away`);
      await lost();
      await Deno.mkdir(dataDir);
      await Deno.copyFile(`${dir}/away/store.db`, `${dataDir}/store.db`);
      await lost();
      await Deno.remove(dataDir, { recursive: true });
      await Deno.rename(`${dir}/away`, dataDir);
      assert.equal((await api.post(MAPS, configMap("after"))).code, 201);
      assert.equal(await ready(), 200);
      await server.close();

      await using again = await startApiServer({ dataDir, listen: false });
      const after = new TestClient(again, again.adminToken);
      for (
        const [name, code] of [["before", 200], ["lost", 404], ["after", 200]]
      ) {
        assert.equal((await after.get(`${MAPS}/${name}`)).code, code);
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
