import assert from "node:assert/strict";
import { startApiServer } from "../apiserver/mod.ts";
import { Agent } from "../api/agent.ts";
import { Workspace } from "../api/workspace.ts";
import { KubeClient } from "../kube/client.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { install } from "./install.ts";

Deno.test("what the hub has not looked at yet says so, by kstatus's rules", async () => {
  await using server = await startApiServer();
  const { url, caData, adminToken: token } = server;
  using client = new KubeClient(
    createRestClient({ server: url, caData, token }),
  );
  await install(client, { kinds: [Agent, Workspace] });
  const unobserved = { observedGeneration: -1 };

  const agent: Agent = {
    apiVersion: Agent.apiVersion,
    kind: Agent.kind,
    metadata: { name: "press-7", namespace: "default" },
    spec: {},
  };
  const created = await client.create<Agent>(Agent, agent);
  assert.deepEqual(created.status, unobserved);
  const applied = await client.apply<Agent>(Agent, {
    ...agent,
    spec: { paused: true },
  }, { fieldManager: "test", force: true });
  assert.deepEqual(applied.status, unobserved);
  const read = await client.get<Agent>(Agent, "press-7", {
    namespace: "default",
  });
  assert.deepEqual(read.status, unobserved);
});
