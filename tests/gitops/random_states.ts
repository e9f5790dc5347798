import assert from "node:assert/strict";
import { Agent } from "../../api/agent.ts";
import { ConfigMap, Role } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import { Network } from "../../api/network.ts";
import { Workspace } from "../../api/workspace.ts";
import type { Watched } from "../../gitops/apply/plan_by_watch.ts";
import { type AppliedObject, syncSet } from "../../gitops/apply/sync_set.ts";
import { loadTree, type ManifestSet } from "../../gitops/manifest/load_tree.ts";
import { applySet } from "../../gitops/plan/apply_set.ts";
import { differences } from "../../gitops/plan/differences.ts";
import {
  InformerFactory,
  systemClock,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import { seededRandom } from "../random.ts";

const KINDS: Resource[] = [Agent, Network, ConfigMap, Role];

/**
 * Goes through random states of a repository in one workspace, and checks after
 * each that what is live is exactly it, and that a plan then is empty.
 *
 * Half of the time, by chance, what was applied before is not told: all must be
 * seen in what is live, as after a restart. Else it is, together with what a
 * watch shows, which may lag behind.
 */
export async function applyRandomStates(
  access: WorkspaceAccess,
  options: { rounds: number; repository?: string },
): Promise<void> {
  const { client, namespace } = access;
  const { rounds, repository = "random" } = options;
  const set = await applySet({ repository, namespace, of: "workspace" });
  const base = {
    set,
    access,
    scope: "workspace" as const,
    prune: {
      guard: { percent: 100, agents: 1000 },
      tombstone: 0,
      isApproved: () => true,
    },
    clock: systemClock,
  };
  const seed = Number(Deno.env.get("FAROS_TEST_SEED") ?? Date.now() % 1e9);
  const random = seededRandom(seed).next;
  const stop = new AbortController();
  const informers = new InformerFactory(client, { signal: stop.signal });
  const watched: Watched = (resource, namespace) => {
    const informer = informers.get(resource, { labelSelector: APPLYSET_LABEL });
    return informer.hasSynced ? informer.list(namespace) : undefined;
  };
  let known: Map<string, AppliedObject> | undefined;
  const sync = async (manifests: ManifestSet, commit: string) => {
    const how = { ...base, commit };
    const result = await syncSet(
      manifests,
      random() < 0.5 ? how : { ...how, known, watched },
    );
    known = result.objects;
    return result;
  };
  for (let round = 0; round < rounds; round++) {
    const where = `seed ${seed}, round ${round}`;
    const state = randomState(random);
    const manifests = loadTree({
      commit: `${round}`,
      refused: [],
      files: state.map((object, i) => ({
        path: `workspaces/a/${i}.yaml`,
        oid: `${round}-${i}`,
        text: JSON.stringify(object),
      })).concat({
        path: "workspaces/a/workspace.yaml",
        oid: "w",
        text: JSON.stringify({
          apiVersion: Workspace.apiVersion,
          kind: "Workspace",
          metadata: { name: "a" },
        }),
      }),
    }).workspaces.get("a")!;
    const result = await sync(manifests, `${round}`);
    assert.deepEqual(result.problems, [], where);
    const live = new Map<string, KubeObject>();
    for (const kind of KINDS) {
      const list = await client.list(kind, {
        namespace,
        labelSelector: `${APPLYSET_LABEL}=${set.id}`,
      });
      for (const object of list.items) {
        live.set(`${object.kind}/${object.metadata.name}`, object);
      }
    }
    assert.deepEqual(
      [...live.keys()].sort(),
      state.map((o) => `${o.kind}/${o.metadata.name}`).sort(),
      where,
    );
    for (const object of state) {
      const now = live.get(`${object.kind}/${object.metadata.name}`)!;
      assert.deepEqual(differences(object, now), [], where);
      assert.deepEqual(differences(own(now), own(object)), [], where);
    }
    const again = await sync(manifests, "again");
    const { created, updated, deleted } = again;
    assert.deepEqual([created, updated, deleted], [0, 0, 0], where);
  }
  stop.abort();
  await informers.done();
}

/** Some objects, each in one of several states. */
function randomState(random: () => number): KubeObject[] {
  const maybe = <T>(value: T) => random() < 0.5 ? value : undefined;
  const some = (n: number) => Math.floor(random() * n);
  const objects: unknown[] = [];
  for (const name of ["one", "two", "three"]) {
    const labels = maybe({ line: `${some(3)}`, ...maybe({ shift: "a" }) });
    const metadata = { name, ...(labels ? { labels } : {}) };
    objects.push(
      maybe({
        apiVersion: Agent.apiVersion,
        kind: "Agent",
        metadata,
        spec: {
          ...maybe({ paused: random() < 0.5 }),
          ...maybe({
            plugins: Array.from({ length: some(3) }, (_, i) => ({
              name: `p${i}`,
              ...maybe({ config: { port: some(3), ...maybe({ x: {} }) } }),
            })),
          }),
        },
      }),
      maybe({
        apiVersion: Network.apiVersion,
        kind: "Network",
        metadata,
        spec: { type: "wireguard", ...maybe({ config: { mtu: some(3) } }) },
      }),
      maybe({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata,
        ...maybe({ data: { ...maybe({ a: `${some(3)}` }), b: "x" } }),
      }),
      maybe({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata,
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }]
          .slice(some(2)),
      }),
    );
  }
  return objects.filter(Boolean) as KubeObject[];
}

/** What of an object a manifest could have said. */
function own(object: KubeObject): unknown {
  const { status: _, metadata, ...rest } = object as KubeObject & {
    status?: unknown;
  };
  const labels = Object.fromEntries(
    Object.entries(metadata.labels ?? {}).filter(([key]) =>
      // kcp marks what an export may see.
      key !== APPLYSET_LABEL && !key.startsWith("claimed.internal.apis.kcp.io/")
    ),
  );
  return { ...rest, metadata: { name: metadata.name, labels } };
}
