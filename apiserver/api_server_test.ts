import assert from "node:assert/strict";
import { startApiServer } from "./mod.ts";
import { withServer } from "./test_client.ts";

Deno.test("startApiServer() leaves nothing open where its port is taken", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using other = await startApiServer();
    await assert.rejects(startApiServer({ dataDir, port: other.port }), /port/);
    await using server = await startApiServer({ dataDir });
    assert.notEqual(server.port, other.port);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("paths of the server are answered with a slash at the end, too, as generated clients ask for them", async () => {
  await withServer(async (api) => {
    for (
      const path of [
        "/version",
        "/api",
        "/apis",
        "/apis/apiextensions.k8s.io",
        "/.well-known/openid-configuration",
        "/openid/v1/jwks",
      ]
    ) {
      const plain = await api.get(path);
      assert.equal(plain.code, 200, path);
      assert.deepEqual((await api.get(`${path}/`)).body, plain.body, path);
    }
  });
});
