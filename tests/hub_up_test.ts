import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { Workspace } from "../api/workspace.ts";
import { startUp } from "../hub/mod.ts";
import { parseKubeconfig, writeKubeconfig } from "../kube/kubeconfig.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { freePort } from "./engines/process.ts";

Deno.test("up keeps all in one folder, for one process at a time, with a kubeconfig for each workspace", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "faros-up-" });
  // As in life: a server that comes back is where it was.
  const apiPort = freePort();
  const read = async (path: string) =>
    parseKubeconfig(await Deno.readTextFile(path));
  try {
    {
      await using up = await startUp({ dataDir, apiPort });
      await assert.rejects(
        startUp({ dataDir, apiPort }),
        /another faros process/,
      );
      await up.client.create<KubeObject>(Workspace, {
        apiVersion: Workspace.apiVersion,
        kind: Workspace.kind,
        metadata: { name: "a" },
      });
      const kubeconfig = await eventually(async () => {
        const found = await read(up.kubeconfigPath);
        return found.contexts.length === 2 ? found : undefined;
      });
      assert.deepEqual(
        kubeconfig.contexts.map(({ name, context }) => [
          name,
          context.namespace,
        ]),
        [["root", undefined], ["a", "a"]],
      );
      const { mode } = await Deno.stat(up.kubeconfigPath);
      assert.equal(mode! & 0o777, 0o600);
      // What people choose stays, and what other programs write.
      const kcp = { name: "workspace.kcp.io/current" };
      await writeKubeconfig(up.kubeconfigPath, {
        ...kubeconfig,
        "current-context": "a",
        clusters: [...kubeconfig.clusters, {
          ...kcp,
          cluster: { server: "https://a.test/clusters/root" },
        }],
        contexts: [...kubeconfig.contexts, {
          ...kcp,
          context: { cluster: kcp.name, user: "me" },
        }],
      });
      // One certificate for both.
      using client = Deno.createHttpClient({ caCerts: [up.caData] });
      const health = await fetch(`${up.hubUrl}/healthz`, { client });
      assert.equal(await health.text(), "ok\n");
    }
    await using again = await startUp({ dataDir, apiPort });
    await again.leading;
    assert.equal(
      (await read(again.kubeconfigPath))["current-context"],
      "a",
    );
    const workspace = await again.client.get<Workspace>(Workspace, "a");
    assert.equal(workspace.metadata.name, "a");
    await again.client.delete(Workspace, "a");
    await eventually(async () => {
      const found = await read(again.kubeconfigPath);
      const names = found.contexts.map(({ name }) => name).join();
      // A context that has gone can be current no more.
      return names === "root,workspace.kcp.io/current" &&
        found["current-context"] === "root" && found.clusters.length === 2;
    }, { timeout: 60_000 });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
