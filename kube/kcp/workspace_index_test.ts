import assert from "node:assert/strict";
import { WORKSPACE_LABEL } from "../../api/names.ts";
import { startApiServer } from "../../apiserver/mod.ts";
import { KubeClient } from "../client.ts";
import type { Resource } from "../resource.ts";
import { createRestClient } from "../rest_client.ts";
import { eventually } from "../testing/eventually.ts";
import { KcpWorkspace } from "./kinds.ts";
import { WorkspaceIndex } from "./workspace_index.ts";

const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/** A server that has kcp's Workspaces, without what kcp does with them. */
async function start() {
  const server = await startApiServer();
  const { url, caData, adminToken: token } = server;
  const client = new KubeClient(
    createRestClient({ server: url, caData, token }),
  );
  const { group, version, plural, kind } = KcpWorkspace;
  await client.create(CRDS, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: CRDS.kind,
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Cluster",
      names: { plural, kind },
      versions: [{
        name: version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            "x-kubernetes-preserve-unknown-fields": true,
          },
        },
      }],
    },
  });
  await eventually(() => client.list(KcpWorkspace), { timeout: 30_000 });
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close();
    },
  };
}

function workspace(name: string, cluster: string): KcpWorkspace {
  return {
    apiVersion: `${KcpWorkspace.group}/${KcpWorkspace.version}`,
    kind: KcpWorkspace.kind,
    metadata: { name, labels: { [WORKSPACE_LABEL]: name } },
    spec: { cluster },
  };
}

Deno.test("a workspace that was made again is its new cluster, whatever is said of the old one later", async () => {
  await using server = await start();
  const { client } = server;
  const stop = new AbortController();
  const index = new WorkspaceIndex({ client, signal: stop.signal });
  await index.synced;
  // Asked for before it is known, and one that never is.
  assert.equal(index.workspaceOf("old"), undefined);
  assert.equal(index.workspaceOf("strange"), undefined);
  const old = await client.create(KcpWorkspace, workspace("site", "old"));
  await eventually(() => index.clusterOf("site") === "old", {
    timeout: 30_000,
  });
  assert.equal(index.isSuperseded("old"), false);
  assert.deepEqual(index.recognized.since(0), ["old"]);

  index.learn(workspace("site", "new"));
  // In the order of the watch: when the second is known, the first has come.
  await client.patch(KcpWorkspace, "site", {
    metadata: { labels: { a: "b" } },
  });
  await client.create(KcpWorkspace, workspace("other", "third"));
  await eventually(() => index.clusterOf("other"), { timeout: 30_000 });
  assert.equal(index.clusterOf("site"), "new");
  assert.equal(index.workspaceOf("new"), "site");
  // Of its objects word may come yet, which is of that workspace.
  assert.equal(index.workspaceOf("old"), "site");
  assert.equal(index.isSuperseded("old"), true);
  assert.equal(index.isSuperseded("new"), false);
  assert.equal(index.isSuperseded("unheard"), false);

  // That it is gone says nothing of its successor.
  await client.delete(KcpWorkspace, "site");
  await client.delete(KcpWorkspace, "other");
  await eventually(() => !index.clusterOf("other"), { timeout: 30_000 });
  assert.equal(index.clusterOf("site"), "new");
  // What was read is so, also where kcp was restored from a backup.
  index.learn(old);
  assert.equal(index.clusterOf("site"), "old");
  assert.equal(index.isSuperseded("old"), false);
  stop.abort();
});
