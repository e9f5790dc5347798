import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { Workspace } from "../api/workspace.ts";
import { startUp } from "../hub/mod.ts";
import { parseKubeconfig, writeKubeconfig } from "../kube/kubeconfig.ts";
import { eventually } from "../kube/testing/eventually.ts";

Deno.test("up keeps all in one folder, for one process at a time, with a kubeconfig for each workspace", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "faros-up-" });
  const read = async (path: string) =>
    parseKubeconfig(await Deno.readTextFile(path));
  try {
    {
      await using up = await startUp({ dataDir });
      await assert.rejects(startUp({ dataDir }), /another faros process/);
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
      // What people choose stays.
      await writeKubeconfig(up.kubeconfigPath, {
        ...kubeconfig,
        "current-context": "a",
      });
      // One certificate for both.
      using client = Deno.createHttpClient({ caCerts: [up.caData] });
      const health = await fetch(`${up.hubUrl}/healthz`, { client });
      assert.equal(await health.text(), "ok\n");
    }
    await using again = await startUp({ dataDir });
    await again.leading;
    const workspace = await again.client.get<Workspace>(Workspace, "a");
    assert.equal(workspace.metadata.name, "a");
    await again.client.delete(Workspace, "a");
    await eventually(async () => {
      const { contexts } = await read(again.kubeconfigPath);
      return contexts.length === 1;
    }, { timeout: 15_000 });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
