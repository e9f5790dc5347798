import assert from "node:assert/strict";
import { type ConfigMap, configMap, MAPS } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

export const writes: Scenario = {
  name: "creates, reads, replaces, patches and deletes",
  async run(client) {
    const made = await client.create(MAPS, configMap("crud", { a: "1" }));
    await assert.rejects(client.create(MAPS, configMap("crud")), {
      code: 409,
      reason: "AlreadyExists",
    });
    const stale = await client.get<ConfigMap>(MAPS, "crud");
    await client.update(MAPS, { ...made, data: { a: "2" } });
    await assert.rejects(client.update(MAPS, { ...stale, data: {} }), {
      code: 409,
      reason: "Conflict",
    });
    const inDefault = { namespace: "default" };
    await client.patch(MAPS, "crud", { data: { b: "3" } }, inDefault);
    const json = [{ op: "remove", path: "/data/a" }];
    await client.patch(MAPS, "crud", json, { type: "json" });
    const labels = { metadata: { labels: { x: "y" } } };
    await client.patch(MAPS, "crud", labels, { type: "strategic" });
    const got = await client.get<ConfigMap>(MAPS, "crud");
    assert.deepEqual(got.data, { b: "3" });
    assert.deepEqual(got.metadata.labels, { x: "y" });
    const dry = await client.patch<ConfigMap>(
      MAPS,
      "crud",
      { data: { c: "4" } },
      { dryRun: true },
    );
    assert.deepEqual(dry.data, { b: "3", c: "4" });
    await assert.rejects(client.delete(MAPS, "crud", { uid: "other" }), {
      code: 409,
    });
    await client.delete(MAPS, "crud", { uid: got.metadata.uid });
    assert.equal(await client.tryGet(MAPS, "crud"), undefined);
    await client.delete(MAPS, "crud", { ignoreNotFound: true });
    await assert.rejects(client.delete(MAPS, "crud"), { code: 404 });
  },
};
