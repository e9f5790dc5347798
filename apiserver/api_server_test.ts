import assert from "node:assert/strict";
import { startApiServer } from "./mod.ts";

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
