import assert from "node:assert/strict";
import { ConfigMap, Namespace } from "../../api/core.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import { startApiServer } from "../../apiserver/mod.ts";
import {
  clusterConfig,
  createRestClient,
  KubeClient,
  namespaceWorkspaces,
  parseKubeconfig,
  silentLogger,
  systemClock,
} from "../../kube/mod.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import { loadTree } from "../manifest/load_tree.ts";
import { resolveKinds } from "../manifest/resolve_kinds.ts";
import { applySet } from "../plan/apply_set.ts";
import { AppliedSets } from "../repository/applied_sets.ts";
import { DriftCorrector } from "./drift_corrector.ts";

Deno.test("DriftCorrector puts back what was deleted before a watch showed it", async (t) => {
  await using stack = new AsyncDisposableStack();
  const server = await startApiServer();
  stack.defer(() => server.close());
  const config = clusterConfig(parseKubeconfig(server.kubeconfig()));
  const client = new KubeClient(createRestClient(config));
  stack.defer(() => client.close());
  await client.create(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
  const sets = new AppliedSets();
  const set = sets.ensure(
    await applySet({ repository: "fleet", namespace: "a", of: "workspace" }),
    { access: { client, namespace: "a" }, workspace: "a" },
  );
  const stop = new AbortController();
  const corrector = new DriftCorrector({
    client,
    provider: namespaceWorkspaces({ client, server: config.server }),
    sets,
    note: () => {},
    log: silentLogger,
    clock: systemClock,
    isActive: () => true,
    signal: stop.signal,
  });
  const running = corrector.run();
  stack.defer(async () => {
    stop.abort();
    await running;
  });
  /** Has an object applied, and deletes it. */
  const lost = async (name: string) => {
    const text =
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}, data: {a: b}}`;
    const path = `workspaces/a/${name}.yaml`;
    const { workspaces } = loadTree({
      commit: "c",
      files: [{ path, oid: name, text }],
      refused: [],
    });
    const { manifests: [manifest] } = await resolveKinds(
      { ...workspaces.get("a")!, problems: [] },
      {
        scope: "workspace",
        namespace: "a",
        discover: () => Promise.resolve(ConfigMap),
      },
    );
    const { object } = manifest!;
    const { metadata: { resourceVersion } } = await client.create(ConfigMap, {
      ...object,
      metadata: {
        ...object.metadata,
        labels: { [APPLYSET_LABEL]: set.set.id },
      },
    });
    set.objects.set(`/ConfigMap/a/${name}`, {
      manifest: manifest!,
      fingerprint: "of what was applied",
      resourceVersion,
      commit: "c",
      source: `${path}:1`,
    });
    await client.delete(ConfigMap, name, { namespace: "a" });
  };
  const isBack = (name: string) =>
    eventually(() => client.tryGet(ConfigMap, name, { namespace: "a" }), {
      timeout: 60_000,
      what: `${name} was put back`,
    });

  await t.step("since its kind was not followed yet", async () => {
    await lost("first");
    corrector.follow([ConfigMap]);
    await isBack("first");
  });

  await t.step("since a sync wrote most of its kind", async () => {
    await eventually(() => corrector.members(ConfigMap, "a")?.length === 1, {
      timeout: 60_000,
    });
    using bulk = corrector.writing(Array(100).fill(ConfigMap));
    await lost("second");
    bulk[Symbol.dispose]();
    await isBack("second");
    assert.equal(corrector.corrected, 2);
  });
});
