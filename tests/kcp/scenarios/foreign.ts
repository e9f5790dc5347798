import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Workspace } from "../../../api/workspace.ts";
import { getCondition } from "../../../kube/conditions.ts";
import { createInformer } from "../../../kube/informer.ts";
import { claimedKinds } from "../../../kube/kcp/exports.ts";
import { APIBinding } from "../../../kube/kcp/kinds.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { HUB, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

const agent = (name: string, namespace: string): Agent => ({
  apiVersion: Agent.apiVersion,
  kind: Agent.kind,
  metadata: {
    name,
    namespace,
    // Who says where an object is from is kcp, and nobody else.
    annotations: { "kcp.io/cluster": "root" },
  },
  spec: {},
});

export const foreign: Scenario = {
  name:
    "objects of workspaces that are not Faros's, and of other namespaces, are not the hub's",
  async run(environment) {
    const root = await environment.admin("root");
    const hub = await environment.admin(HUB);
    // One beside the hub's, and one below it that Faros did not make: both may bind the export.
    await environment.kcpWorkspace(root, { name: "foreign" });
    await environment.kcpWorkspace(hub, { name: "by-hand" });
    const { client } = environment.kcp;
    const stop = new AbortController();
    const informer = createInformer<Agent>(client, Agent, {
      signal: stop.signal,
    });
    await informer.synced;
    for (const path of ["root:foreign", `${HUB}:by-hand`]) {
      const there = await environment.admin(path);
      await there.create<KubeObject>(APIBinding, binding() as KubeObject);
      await eventually(async () => {
        const { status } = await there.get<
          KubeObject & {
            status?: { phase?: string };
          }
        >(APIBinding, Agent.group);
        return status?.phase === "Bound";
      }, { timeout: TIMEOUT, what: `${path} had bound the export` });
      // What is bound is served a moment later.
      await eventually(
        () => there.create(Agent, agent("stranger", "default")),
        { timeout: TIMEOUT, what: `${path} served the kind` },
      );
      await there.create<KubeObject>(core.Secret, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "stranger", namespace: "default" },
      });
    }
    const own = await environment.admin(`${HUB}:site-a`);
    await own.create<KubeObject>(core.Namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "site-b" },
    });
    await own.create(Agent, agent("stranger", "site-b"));
    // The last of them: when it is seen, those before would have been.
    await own.create(Agent, agent("last", "default"));
    await eventually(() => informer.get("site-a", "last"), {
      timeout: TIMEOUT,
    });

    const seen = informer.list().map(({ metadata }) =>
      `${metadata.namespace}/${metadata.name}`
    );
    assert.deepEqual(seen.toSorted(), ["site-a/last", "site-a/press-1"]);
    const { items } = await client.list(Agent);
    assert.equal(items.length, 2);
    const secrets = await client.list(core.Secret);
    assert.ok(!secrets.items.some((s) => s.metadata.name === "stranger"));
    stop.abort();
    await informer.done;

    // Neither does Faros take over what it did not make.
    await hub.create<Workspace>(Workspace, {
      apiVersion: Workspace.apiVersion,
      kind: Workspace.kind,
      metadata: { name: "by-hand" },
      spec: {},
    });
    const conflict = await environment.untilWorkspace(
      "by-hand",
      (w) => getCondition(w?.status?.conditions, "Stalled"),
    );
    assert.match(
      getCondition(conflict!.status!.conditions, "Stalled")!.message,
      /kcp workspace root:faros:by-hand .* is there already/,
    );
    await hub.delete(Workspace, "by-hand");
    await environment.untilWorkspace("by-hand", (w) => w === undefined);
    await (await environment.admin(`${HUB}:by-hand`))
      .get(Agent, "stranger", { namespace: "default" });
  },
};

function binding() {
  return {
    apiVersion: "apis.kcp.io/v1alpha2",
    kind: APIBinding.kind,
    metadata: { name: Agent.group },
    spec: {
      reference: { export: { path: HUB, name: Agent.group } },
      permissionClaims: claimedKinds.map((kind) => ({
        group: kind.group,
        resource: kind.plural,
        verbs: ["*"],
        selector: { matchAll: true },
        state: "Accepted",
      })),
    },
  };
}
