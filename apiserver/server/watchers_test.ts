import assert from "node:assert/strict";
import { eventually, withServer } from "../test_client.ts";

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
