import assert from "node:assert/strict";
import { ConfigMap } from "../api/core.ts";
import { KubeClient } from "./client.ts";
import { createRestClient } from "./rest_client.ts";
import { startFaultServer } from "./testing/fault_server.ts";

/** What listing ConfigMaps gives where that is the answer. */
async function list(answer: unknown) {
  await using server = startFaultServer(() => Response.json(answer));
  using client = new KubeClient(createRestClient(server.config));
  return await client.listAll(ConfigMap);
}

Deno.test("KubeClient takes nothing for a list that is none", async () => {
  const proper = { kind: "ConfigMapList", metadata: { resourceVersion: "1" } };
  for (
    const answer of [
      {},
      null,
      { ok: true },
      { kind: "Status", status: "Success" },
      { ...proper, items: {} },
      { ...proper, kind: "ConfigMap" },
    ]
  ) {
    await assert.rejects(list(answer), /is no list of Kubernetes, but/);
  }
});

Deno.test("KubeClient takes a list without items for empty", async () => {
  const metadata = { resourceVersion: "1" };
  for (const items of [undefined, null, []]) {
    const { items: found } = await list({
      kind: "ConfigMapList",
      metadata,
      items,
    });
    assert.deepEqual(found, []);
  }
});
