import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { ConfigMap, Event, Secret } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import {
  APPLYSET_LABEL,
  COMMIT_ANNOTATION,
  REQUESTED_AT_ANNOTATION,
} from "../api/names.ts";
import { Network } from "../api/network.ts";
import { Repository } from "../api/repository.ts";
import { Workspace } from "../api/workspace.ts";
import { getCondition, isTrue } from "../kube/mod.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { type Environment, startEnvironment } from "./gitops/environment.ts";

const workspace = (name: string) => `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
`;
const agent = (name: string, spec = "{}") => `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: ${name}
spec: ${spec}
`;
const network = (name: string, port: number) => `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata:
  name: ${name}
spec:
  type: wireguard
  config:
    listenPort: ${port}
`;

/** All tests of what a sync does, on one engine. */
function suite(engine: "embedded" | "kubernetes"): void {
  const ignore = engine === "kubernetes" && !Deno.env.get("KUBEBUILDER_ASSETS");
  const test = (
    name: string,
    run: (env: Environment) => Promise<void>,
  ) =>
    Deno.test({
      name: `${engine}: ${name}`,
      ignore,
      fn: async () => {
        await using env = await startEnvironment({ engine });
        await run(env);
      },
    });

  test("a commit is applied, the next too, and what it drops is pruned", async (env) => {
    const { git, client } = env;
    const first = await git.push({
      "workspaces/a/workspace.yaml": workspace("a"),
      "workspaces/a/agents.yaml": [agent("press-1"), agent("press-2")]
        .join("---\n"),
      "workspaces/a/net.json": JSON.stringify({
        apiVersion: "v1",
        kind: "List",
        items: [{
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "site" },
          data: { line: "3" },
        }, {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "key" },
          stringData: { token: "abc" },
        }],
      }),
      "root/catalogue.yaml": `
apiVersion: plugins.faros.sh/v1alpha1
kind: Plugin
metadata: {name: host}
spec:
  versions:
  - version: 1.0.0
    artifacts:
    - {url: /x, digest: "sha256:${"0".repeat(64)}", signature: x}
    provides: [{kind: Monitoring, type: host}]
`,
    });
    await env.follow({ tombstone: "0s" });
    const status = await env.applied(first);
    assert.equal(status.objects?.total, 6);
    assert.deepEqual(status.workspaces, [
      { name: "a", commit: first, objects: 4 },
    ]);
    assert.ok(status.lastFetchTime! <= status.lastAppliedTime!);
    const before = await client.get(Agent, "press-1", { namespace: "a" });
    assert.equal(before.metadata.annotations?.[COMMIT_ANNOTATION], first);

    const second = await git.push({
      "workspaces/a/agents.yaml": agent("press-1"),
      "workspaces/a/net.json": null,
      "root/catalogue.yaml": null,
    }, { message: "Fewer\n\nFaros-Approve-Prune: root/" });
    const after = await env.applied(second);
    assert.equal(after.objects?.deleted, 4);
    const agents = await client.list(Agent, { namespace: "a" });
    assert.deepEqual(agents.items.map((a) => a.metadata.name), ["press-1"]);
    assert.equal(
      agents.items[0]?.metadata.resourceVersion,
      before.metadata.resourceVersion,
      "an unchanged object is not written",
    );
    assert.equal(
      await client.tryGet(Secret, "key", { namespace: "a" }),
      undefined,
    );
    const parent = await client.get(ConfigMap, "faros-workspace-fleet", {
      namespace: "a",
    });
    assert.equal(
      parent.metadata.annotations
        ?.["applyset.kubernetes.io/contains-group-kinds"],
      "Agent.edge.faros.sh",
    );

    const third = await git.push({
      "workspaces/a": null,
      "workspaces/b/workspace.yaml": workspace("b"),
    }, { message: "Move\n\nFaros-Approve-Prune: a" });
    await env.applied(third);
    await eventually(async () => !await client.tryGet(Workspace, "a"), {
      timeout: 60_000,
      what: "Workspace a gone",
    });
  });

  test("what kubectl edits or deletes is put back, with an Event", async (env) => {
    const { git, client } = env;
    await env.follow();
    await env.applied(
      await git.push({
        "workspaces/a/workspace.yaml": workspace("a"),
        "workspaces/a/net.yaml": network("mesh", 51820),
        "workspaces/a/agents.yaml": agent("press-1"),
      }),
    );
    // A value that is changed, and a field and a label that are added.
    await client.patch(
      Network,
      "mesh",
      { spec: { config: { listenPort: 1 } } },
      {
        namespace: "a",
        fieldManager: "kubectl-edit",
      },
    );
    await client.patch(Agent, "press-1", {
      metadata: { labels: { by: "hand" } },
      spec: { paused: true },
    }, { namespace: "a", fieldManager: "kubectl-patch" });
    await eventually(async () => {
      const mesh = await client.get<Network>(Network, "mesh", {
        namespace: "a",
      });
      const press = await client.get<Agent>(Agent, "press-1", {
        namespace: "a",
      });
      return (mesh.spec.config as { listenPort: number }).listenPort ===
          51820 &&
        press.spec?.paused === undefined &&
        press.metadata.labels?.by === undefined;
    }, { what: "both as they were" });
    await client.delete(Agent, "press-1", { namespace: "a" });
    await eventually(() => client.tryGet(Agent, "press-1", { namespace: "a" }));
    // Also out of the apply set.
    await client.patch(Network, "mesh", {
      metadata: { labels: { [APPLYSET_LABEL]: null } },
    }, { namespace: "a", fieldManager: "kubectl-label" });
    await eventually(async () => {
      const mesh = await client.get(Network, "mesh", { namespace: "a" });
      return mesh.metadata.labels?.[APPLYSET_LABEL];
    });
    await eventually(async () => {
      const events = await client.list<
        KubeObject & { reason: string; involvedObject: { name: string } }
      >(Event, { namespace: "a" });
      return events.items.some((e) =>
        e.reason === "DriftCorrected" && e.involvedObject.name === "mesh"
      );
    }, { what: "an Event about it" });
    assert.ok(env.gitops.stats.driftCorrected >= 4);
  });

  test("an edit amid a commit that changes all of a kind is put back", async (env) => {
    const { git, client } = env;
    const push = (value: string) => {
      const maps = Array.from({ length: 300 }, (_, n) => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: map-${n}
data:
  value: ${value}
`);
      return git.push({
        "workspaces/a/workspace.yaml": workspace("a"),
        "workspaces/a/maps.yaml": maps.join("---"),
      });
    };
    const becomes = (value: string) =>
      eventually(async () => {
        const map = await client.tryGet<KubeObject & { data: unknown }>(
          ConfigMap,
          "map-0",
          { namespace: "a" },
        );
        return (map?.data as { value: string } | undefined)?.value === value;
      }, { timeout: 60_000, what: `map-0 with ${value}` });
    const edit = () =>
      client.patch(ConfigMap, "map-0", { data: { value: "by hand" } }, {
        namespace: "a",
        fieldManager: "kubectl-edit",
      });
    await env.follow();
    await env.applied(await push("first"));
    await edit();
    await becomes("first");
    const second = await push("second");
    await becomes("second");
    await edit();
    await env.applied(second);
    await becomes("second");
    // The watch goes on as before.
    await edit();
    await becomes("second");
  });

  test("what other managers set stays, and what a manifest drops goes", async (env) => {
    const { git, client } = env;
    await env.follow();
    await env.applied(
      await git.push({
        "workspaces/a/workspace.yaml": workspace("a"),
        "workspaces/a/agents.yaml": agent("press-1", "{paused: true}"),
      }),
    );
    await client.patch(Agent, "press-1", {
      metadata: { annotations: { "example.org/seen": "yes" } },
    }, { namespace: "a", fieldManager: "some-controller" });
    await env.applied(
      await git.push({ "workspaces/a/agents.yaml": agent("press-1") }),
    );
    const press = await client.get<Agent>(Agent, "press-1", { namespace: "a" });
    assert.equal(press.spec?.paused, undefined);
    assert.equal(press.metadata.annotations?.["example.org/seen"], "yes");
    assert.equal(env.gitops.stats.driftCorrected, 0);
  });

  test("a folder that reaches further is refused, with file and line", async (env) => {
    const { git, client } = env;
    await env.follow();
    await git.push({
      "workspaces/a/workspace.yaml": workspace("a"),
      "workspaces/a/rbac.yaml": `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: more
rules:
- apiGroups: ["*"]
  resources: ["*"]
  verbs: ["*"]
`,
      "workspaces/b/workspace.yaml": workspace("b"),
      "workspaces/b/crb.yaml": `# comes with its own rights
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: more
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
      "workspaces/c/workspace.yaml": workspace("c"),
      "workspaces/c/agents.yaml": agent("press-1").replace(
        "name: press-1",
        "name: press-1\n  namespace: a",
      ),
      "workspaces/d/workspace.yaml": workspace("d"),
      "workspaces/d/agents.yaml": agent("press-1"),
    });
    const { workspaces = [], conditions } = await env.status((s) =>
      s.workspaces?.length === 4 && s.workspaces[3]?.commit
    );
    assert.equal(getCondition(conditions, "Ready")?.reason, "ManifestInvalid");
    const errors = workspaces.map((w) =>
      w.error && `${w.error.file}:${w.error.line}`
    );
    assert.deepEqual(errors, [
      "workspaces/a/rbac.yaml:1",
      "workspaces/b/crb.yaml:3",
      "workspaces/c/agents.yaml:6",
      undefined,
    ]);
    assert.match(workspaces[0]!.error!.message, /attempting to grant/);
    assert.match(workspaces[1]!.error!.message, /cluster-scoped/);
    assert.ok(await client.get(Agent, "press-1", { namespace: "d" }));
  });

  test("an invalid manifest stops its workspace only, which stays as it was", async (env) => {
    const { git, client } = env;
    await env.follow({ tombstone: "0s" });
    const first = await git.push({
      "workspaces/a/workspace.yaml": workspace("a"),
      "workspaces/a/agents.yaml": agent("press-1"),
      "workspaces/b/workspace.yaml": workspace("b"),
      "workspaces/b/agents.yaml": agent("press-1"),
    });
    await env.applied(first);
    const second = await git.push({
      "workspaces/a/agents.yaml": agent("press-2", "{pasued: true}"),
      "workspaces/b/agents.yaml": agent("press-2"),
    });
    const status = await env.status((s) =>
      s.workspaces?.[1]?.commit === second
    );
    assert.equal(status.workspaces?.[0]?.commit, first);
    assert.equal(status.appliedCommit, first);
    assert.equal(status.observedCommit, second);
    assert.deepEqual(status.lastError, {
      file: "workspaces/a/agents.yaml",
      line: 6,
      message: 'spec.pasued: is not a known field; did you mean "paused"?',
    });
    assert.ok(isTrue(status.conditions, "Stalled"));
    assert.ok(await client.get(Agent, "press-1", { namespace: "a" }));
    // What is applied there is still looked after.
    await client.delete(Agent, "press-1", { namespace: "a" });
    await eventually(() => client.tryGet(Agent, "press-1", { namespace: "a" }));
    await env.applied(
      await git.push({ "workspaces/a/agents.yaml": agent("press-2") }),
    );
    assert.equal(
      await client.tryGet(Agent, "press-1", { namespace: "a" }),
      undefined,
    );
  });

  test("nothing is deleted by an empty commit, by suspending or by deleting a Repository", async (env) => {
    const { git, client } = env;
    await env.follow();
    await env.applied(
      await git.push({
        "workspaces/a/workspace.yaml": workspace("a"),
        "workspaces/a/agents.yaml": agent("press-1"),
      }),
    );
    const empty = await git.push({ "workspaces": null, "README.md": "none\n" });
    await env.status((s) =>
      s.observedCommit === empty && isTrue(s.conditions, "Stalled")
    );
    assert.ok(await client.get(Agent, "press-1", { namespace: "a" }));
    await env.follow({ suspend: true });
    await env.status((s) =>
      getCondition(s.conditions, "Ready")?.reason === "Suspended"
    );
    await client.patch(Agent, "press-1", { spec: { paused: true } }, {
      namespace: "a",
      fieldManager: "kubectl-edit",
    });
    await client.delete(Repository, "fleet");
    await eventually(async () => !await client.tryGet(Repository, "fleet"));
    const press = await client.get<Agent>(Agent, "press-1", { namespace: "a" });
    assert.equal(press.spec.paused, true);
  });

  test("after a restart nothing is written that is as it ought to be", async (env) => {
    const { git, client } = env;
    await env.follow();
    const files: Record<string, string> = {
      "workspaces/a/workspace.yaml": workspace("a"),
      "workspaces/a/rbac.yaml": `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: look
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: look
subjects: [{kind: User, name: ada}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: look}
`,
    };
    for (let i = 0; i < 20; i++) {
      files[`workspaces/a/agents/${i}.yaml`] = agent(`press-${i}`);
    }
    await env.applied(await git.push(files));
    const versions = async () =>
      (await client.list(Agent, { namespace: "a" })).items.map((a) =>
        a.metadata.resourceVersion
      );
    const before = await versions();
    await env.restart();
    await eventually(() => env.gitops.stats.syncs > 0);
    const { created, updated, deleted } = env.gitops.stats;
    assert.deepEqual({ created, updated, deleted }, {
      created: 0,
      updated: 0,
      deleted: 0,
    });
    assert.deepEqual(await versions(), before);
  });

  test("a fix overtakes a sync that waits", async (env) => {
    const { git, client } = env;
    // Somebody else's namespace: this Workspace never becomes Ready.
    await client.create(
      {
        group: "",
        version: "v1",
        plural: "namespaces",
        kind: "Namespace",
        namespaced: false,
      },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "taken" } },
    );
    await env.follow();
    await git.push({
      "workspaces/taken/workspace.yaml": workspace("taken"),
      "workspaces/a/workspace.yaml": workspace("a"),
    });
    await eventually(async () => await client.tryGet(Workspace, "taken"));
    const started = performance.now();
    const fix = await git.push({ "workspaces/taken": null });
    await env.applied(fix);
    assert.ok(performance.now() - started < 10_000);
  });

  test("an annotation asks for a look at everything", async (env) => {
    const { git, client } = env;
    await env.follow();
    await env.applied(
      await git.push({ "workspaces/a/workspace.yaml": workspace("a") }),
    );
    const { syncs } = env.gitops.stats;
    await client.patch(Repository, "fleet", {
      metadata: { annotations: { [REQUESTED_AT_ANNOTATION]: "now" } },
    }, { fieldManager: "kubectl-annotate" });
    await eventually(() => env.gitops.stats.syncs > syncs);
  });
}

suite("embedded");
suite("kubernetes");
