/**
 * What a sync asks the API server, where it knows what it applied last and a
 * watch shows what has become of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ConfigMap, Namespace } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { APPLYSET_LABEL, GITOPS_MANAGER } from "../api/names.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { type AppliedObject, syncSet } from "../gitops/apply/sync_set.ts";
import { loadTree } from "../gitops/manifest/load_tree.ts";
import { applySet } from "../gitops/plan/apply_set.ts";
import {
  clusterConfig,
  createInformer,
  createRestClient,
  KubeClient,
  parseKubeconfig,
  type RestClient,
  systemClock,
} from "../kube/mod.ts";
import { eventually } from "../kube/testing/eventually.ts";

/** ConfigMaps of a workspace, by their names, as a commit has them. */
type Values = Record<string, string>;

Deno.test("a sync asks only for what changed in the manifests or in what a watch shows", async (t) => {
  await using stack = new AsyncDisposableStack();
  const server = await startApiServer();
  stack.defer(() => server.close());
  const config = clusterConfig(parseKubeconfig(server.kubeconfig()));
  const hub = new KubeClient(createRestClient(config));
  stack.defer(() => hub.close());
  const requests: string[] = [];
  const client = new KubeClient(recording(hub.rest, requests));
  await hub.create(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
  const stop = new AbortController();
  const informer = createInformer(hub, ConfigMap, {
    labelSelector: APPLYSET_LABEL,
    signal: stop.signal,
  });
  stack.defer(async () => {
    stop.abort();
    await informer.done;
  });
  await informer.synced;
  const set = await applySet({
    repository: "fleet",
    namespace: "a",
    of: "workspace",
  });
  let gone: string | undefined;
  let known = new Map<string, AppliedObject>();
  const sync = async (values: Values) => {
    // The watch may lag, which costs requests that would be counted here.
    await eventually(() =>
      [...known].every(([key, { resourceVersion }]) => {
        const name = key.split("/").at(-1)!;
        const shown = informer.get("a", name)?.metadata.resourceVersion;
        return shown
          ? BigInt(shown) >= BigInt(resourceVersion!)
          : name === gone;
      }), { timeout: 60_000 });
    requests.length = 0;
    const result = await syncSet(manifestsOf(values), {
      set,
      access: { client, namespace: "a" },
      scope: "workspace",
      commit: JSON.stringify(values),
      prune: {
        guard: { percent: 100, agents: 1000 },
        tombstone: 0,
        isApproved: () => true,
      },
      known,
      watched: (_, namespace) => informer.list(namespace),
      clock: systemClock,
    });
    assert.deepEqual(result.problems, []);
    known = result.objects;
    gone = undefined;
    return result;
  };
  const value = async (name: string) => {
    const found = await hub.tryGet<KubeObject & { data: { value: string } }>(
      ConfigMap,
      name,
      { namespace: "a" },
    );
    return found?.data.value;
  };
  const parent = "GET faros-workspace-fleet";

  await sync({ one: "1", two: "1", three: "1" });

  await t.step("nothing else where one manifest changed", async () => {
    await sync({ one: "2", two: "1", three: "1" });
    assert.deepEqual(requests, [parent, "PATCH one"]);
    assert.equal(await value("one"), "2");
  });

  await t.step("what is new, which may be there already", async () => {
    await sync({ one: "2", two: "1", three: "1", four: "1" });
    assert.deepEqual(requests, [parent, "GET four", "PATCH four"]);
  });

  await t.step("what somebody else changed or deleted", async () => {
    await hub.patch(ConfigMap, "two", { data: { value: "by hand" } }, {
      namespace: "a",
      fieldManager: "kubectl-edit",
    });
    await hub.delete(ConfigMap, "three", { namespace: "a" });
    gone = "three";
    await eventually(() =>
      !informer.get("a", "three") &&
      informer.get("a", "two")?.metadata.resourceVersion !==
        known.get("/ConfigMap/a/two")?.resourceVersion, { timeout: 60_000 });
    await sync({ one: "2", two: "1", three: "1", four: "2" });
    assert.deepEqual(requests.slice(0, 3).sort(), [
      parent,
      "GET three",
      "GET two",
    ]);
    assert.equal(requests.some((r) => r.startsWith("LIST")), false);
    assert.equal(await value("two"), "1");
    assert.equal(await value("three"), "1");
    assert.equal(await value("four"), "2");
  });

  await t.step("all of it before anything is deleted", async () => {
    const result = await sync({ one: "2", two: "1", three: "1" });
    assert.equal(requests.includes("LIST configmaps"), true);
    assert.equal(result.deleted, 1);
    assert.equal(await value("four"), undefined);
  });

  await t.step(
    "all of it where there is a member that no manifest has",
    async () => {
      await hub.apply(ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "left",
          namespace: "a",
          labels: { [APPLYSET_LABEL]: set.id },
        },
      }, { fieldManager: GITOPS_MANAGER });
      await eventually(() => informer.get("a", "left"), { timeout: 60_000 });
      const result = await sync({ one: "3", two: "1", three: "1" });
      assert.equal(requests.includes("LIST configmaps"), true);
      assert.equal(result.deleted, 1);
      assert.equal(await value("one"), "3");
    },
  );

  function recording(rest: RestClient, into: string[]): RestClient {
    return {
      performRequest: (opts: Parameters<RestClient["performRequest"]>[0]) => {
        const last = opts.path.split("/").at(-1)!;
        into.push(
          last === "configmaps" ? "LIST configmaps" : `${opts.method} ${last}`,
        );
        return rest.performRequest(opts);
      },
      [Symbol.dispose]: () => {},
    } as RestClient;
  }
});

function manifestsOf(values: Values) {
  const files = Object.entries(values).map(([name, value]) => ({
    path: `workspaces/a/${name}.yaml`,
    oid: `${name} ${value}`,
    text: JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { value },
    }),
  })).concat({
    path: "workspaces/a/workspace.yaml",
    oid: "w",
    text: JSON.stringify({
      apiVersion: "tenancy.faros.sh/v1alpha1",
      kind: "Workspace",
      metadata: { name: "a" },
    }),
  });
  return loadTree({ commit: "c", refused: [], files }).workspaces.get("a")!;
}
