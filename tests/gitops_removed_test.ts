/**
 * What becomes of objects that left a repository where the sync that removes
 * them fails after that.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { ConfigMap, Namespace, Secret } from "../api/core.ts";
import { DELETE_AFTER_ANNOTATION } from "../api/names.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { Limiter } from "../gitops/apply/limiter.ts";
import { loadTree } from "../gitops/manifest/load_tree.ts";
import { applySet } from "../gitops/plan/apply_set.ts";
import { AppliedSets } from "../gitops/repository/applied_sets.ts";
import { syncPart } from "../gitops/repository/sync_part.ts";
import { install } from "../hub/install.ts";
import {
  clusterConfig,
  createRestClient,
  KubeApiError,
  KubeClient,
  parseKubeconfig,
  type RestClient,
  systemClock,
} from "../kube/mod.ts";

const OBJECTS: Record<string, string> = {
  agent:
    "{apiVersion: edge.faros.sh/v1alpha1, kind: Agent, metadata: {name: press}}",
  secret: "{apiVersion: v1, kind: Secret, metadata: {name: key}}",
  map: "{apiVersion: v1, kind: ConfigMap, metadata: {name: map}}",
};

Deno.test("what left a repository is put back by nobody, though the sync that removed it failed", async () => {
  await using stack = new AsyncDisposableStack();
  const server = await startApiServer();
  stack.defer(() => server.close());
  const config = clusterConfig(parseKubeconfig(server.kubeconfig()));
  const hub = new KubeClient(createRestClient(config));
  stack.defer(() => hub.close());
  await install(hub);
  await hub.create(Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
  let isAway = false;
  const rest = {
    performRequest: (opts: Parameters<RestClient["performRequest"]>[0]) => {
      // The last request of a sync, which takes the kind out of the set.
      if (isAway && opts.method === "PATCH" && /configmaps/.test(opts.path)) {
        throw new KubeApiError({
          code: 503,
          reason: "ServiceUnavailable",
          message: "away",
        });
      }
      return hub.rest.performRequest(opts);
    },
    [Symbol.dispose]: () => {},
  } as RestClient;
  const client = new KubeClient(rest);
  const set = await applySet({
    repository: "fleet",
    namespace: "a",
    of: "workspace",
  });
  const sets = new AppliedSets();
  const sync = async (commit: string, names: string[]) => {
    const { root } = loadTree({ commit, files: [], refused: [] });
    const { workspaces } = loadTree({
      commit,
      files: names.map((name) => ({
        path: `workspaces/a/${name}.yaml`,
        oid: name,
        text: OBJECTS[name]!,
      })),
      refused: [],
    });
    return await syncPart({ ...workspaces.get("a")!, problems: [] }, {
      sync: {
        ...{ repository: "fleet", drift: {}, others: [], client, sets },
        watched: () => undefined,
        writes: new Limiter(),
        clock: systemClock,
        signal: new AbortController().signal,
      } as unknown as Parameters<typeof syncPart>[1]["sync"],
      commit,
      root: root.manifests,
      set,
      access: { client, namespace: "a" },
      scope: "workspace",
      prune: {
        guard: { percent: 100, agents: 1000 },
        tombstone: 60_000,
        isApproved: () => true,
      },
    });
  };
  const kinds = () =>
    [
      ...sets.ensure(set, { access: { client, namespace: "a" } }).objects
        .values(),
    ].map(({ manifest }) => manifest.object.kind).sort();
  const first = await sync("1", ["agent", "secret", "map"]);
  assert.deepEqual(first.problems, []);
  assert.deepEqual(kinds(), ["Agent", "ConfigMap", "Secret"]);

  isAway = true;
  const second = await sync("2", ["map"]);
  assert.match(second.problems[0]!.message, /away/);
  assert.equal(await hub.tryGet(Secret, "key", { namespace: "a" }), undefined);
  const { metadata } = await hub.get(Agent, "press", { namespace: "a" });
  assert.ok(metadata.annotations?.[DELETE_AFTER_ANNOTATION]);
  // What is kept in mind is what drift is put back to.
  assert.deepEqual(kinds(), ["ConfigMap"]);

  isAway = false;
  assert.deepEqual((await sync("2", ["map"])).problems, []);
  assert.ok(await hub.tryGet(ConfigMap, "map", { namespace: "a" }));
});
