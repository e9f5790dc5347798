/**
 * What a sync deletes, and what it does not: guard, approval, tombstones; whose
 * objects it leaves alone; drift. On one API server of each engine.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { ConfigMap, Event, Role, RoleBinding } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import {
  APPLYSET_LABEL,
  APPROVE_ANNOTATION,
  DELETE_AFTER_ANNOTATION,
} from "../api/names.ts";
import { Network } from "../api/network.ts";
import { Repository } from "../api/repository.ts";
import { Workspace } from "../api/workspace.ts";
import { getCondition, isTrue } from "../kube/mod.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { type Environment, startEnvironment } from "./gitops/environment.ts";
import {
  type GitRepository,
  makeGitRepository,
} from "./gitops/git_repository.ts";

const TIMEOUT = 60_000;

const workspace = (name: string) => `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
`;
const agent = (name: string, metadata = "") => `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: ${name}${metadata}
`;
const agents = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => agent(`press-${from + i}`))
    .join("---\n");
const configMap = (name: string, value: string, metadata = "") => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}${metadata}
data: {value: "${value}"}
`;

/** A Repository with one workspace, both of that name. */
interface Site {
  name: string;
  git: GitRepository;
  push: GitRepository["push"];
  applied(commit: string): Promise<NonNullable<Repository["status"]>>;
  /** Waits until removals of a commit wait for approval. */
  held(commit: string): Promise<NonNullable<Repository["status"]>>;
  /** Waits until the condition Ready has that reason. */
  refused(reason: string): Promise<NonNullable<Repository["status"]>>;
  status(
    isSo: (status: NonNullable<Repository["status"]>) => unknown,
  ): Promise<NonNullable<Repository["status"]>>;
  follow(spec: Partial<Repository["spec"]>): Promise<void>;
  annotate(annotations: Record<string, string>): Promise<void>;
  agents(): Promise<Agent[]>;
}

type Step = [
  name: string,
  spec: Partial<Repository["spec"]>,
  run: (site: Site, env: Environment) => Promise<void>,
];

const file = (site: Site, name: string) => `workspaces/${site.name}/${name}`;
const isSuspended = ({ metadata }: KubeObject) =>
  metadata.annotations?.[DELETE_AFTER_ANNOTATION] !== undefined;
const uids = (objects: KubeObject[]) =>
  objects.map((o) => `${o.metadata.name} ${o.metadata.uid}`).sort();

const steps: Step[] = [
  [
    "removing more than the guard lets go waits for approval of exactly that",
    {},
    async (site, env) => {
      const { client } = env;
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
          [file(site, "agents.yaml")]: agents(0, 30),
          [file(site, "net.yaml")]: configMap("site", "1"),
        }),
      );
      const before = await site.agents();
      const commit = await site.push({
        [file(site, "agents.yaml")]: agents(0, 5) + "---\n" + agent("new"),
        [file(site, "net.yaml")]: configMap("site", "2"),
      });
      const status = await site.held(commit);
      assert.equal(status.pendingPrunes?.length, 1);
      const [held] = status.pendingPrunes;
      assert.equal(held!.workspace, site.name);
      assert.equal(held!.objects, 25);
      assert.deepEqual(held!.kinds, [{
        kind: "Agent",
        count: 25,
        names: ["press-10", "press-11", "press-12", "press-13", "press-14"],
      }]);
      const ready = getCondition(status.conditions, "Ready");
      assert.match(
        ready!.message,
        /25 Agents \(press-10, .*25 of 32 objects \(25 Agents\)/,
      );
      assert.match(ready!.message, /kubectl faros repository approve/);
      assert.equal(status.workspaceCounts?.waiting, 1);
      // The rest of the commit goes on meanwhile.
      const now = await site.agents();
      assert.equal(now.length, 31);
      assert.ok(!now.some(isSuspended));
      const map = await client.get<KubeObject & { data: unknown }>(
        ConfigMap,
        "site",
        { namespace: site.name },
      );
      assert.deepEqual(map.data, { value: "2" });
      await eventually(async () => {
        const { items } = await client.list<
          KubeObject & { reason: string; involvedObject: { name: string } }
        >(Event, { namespace: "default" });
        return items.some((e) =>
          e.reason === "PruneNeedsApproval" &&
          e.involvedObject.name === site.name
        );
      }, { timeout: TIMEOUT, what: "an Event about it" });
      // Neither another's approval nor a restart lets it go.
      await site.annotate({ [APPROVE_ANNOTATION]: "0123456789abcdef" });
      await env.restart();
      await eventually(() => env.gitops.stats.syncs > 0, { timeout: TIMEOUT });
      const again = await site.held(commit);
      assert.equal(again.pendingPrunes?.[0]?.token, held!.token);
      assert.ok(!(await site.agents()).some(isSuspended));

      await site.annotate({ [APPROVE_ANNOTATION]: held!.token });
      const after = await site.applied(commit);
      assert.equal(after.pendingPrunes, undefined);
      assert.equal(after.objects?.suspended, 25);
      assert.equal((await site.agents()).filter(isSuspended).length, 25);
      // Suspended for a day: an undo finds the very same Agents.
      await site.applied(
        await site.push({
          [file(site, "agents.yaml")]: agents(0, 30) + "---\n" + agent("new"),
        }),
      );
      const back = await site.agents();
      assert.ok(!back.some(isSuspended));
      assert.deepEqual(
        uids(back.filter((a) => a.metadata.name !== "new")),
        uids(before),
      );
    },
  ],

  ["a suspended Agent is deleted when its tombstone ends, and nothing before", {
    tombstone: "2s",
  }, async (site) => {
    await site.applied(
      await site.push({
        [file(site, "workspace.yaml")]: workspace(site.name),
        [file(site, "agents.yaml")]: agents(0, 3),
        [file(site, "kept.yaml")]: configMap(
          "kept",
          "1",
          `\n  annotations: {faros.sh/prune: disabled}`,
        ),
      }),
    );
    const before = await site.agents();
    // Files move and change their names, as people tidy up.
    await site.applied(
      await site.push({
        [file(site, "agents.yaml")]: null,
        [file(site, "line/2.yaml")]: agents(2, 3),
        [file(site, "line/all.json")]: JSON.stringify({
          apiVersion: "v1",
          kind: "List",
          items: [0, 1].map((i) => ({
            apiVersion: Agent.apiVersion,
            kind: "Agent",
            metadata: { name: `press-${i}` },
          })),
        }),
      }),
    );
    const versions = (all: Agent[]) =>
      all.map((a) => a.metadata.resourceVersion).sort();
    assert.deepEqual(versions(await site.agents()), versions(before));
    const status = await site.applied(
      await site.push({
        [file(site, "line/2.yaml")]: null,
        [file(site, "kept.yaml")]: null,
      }),
    );
    assert.equal(status.objects?.suspended, 1);
    assert.equal(status.objects?.deleted, 0);
    const suspended = (await site.agents()).filter(isSuspended);
    assert.deepEqual(suspended.map((a) => a.metadata.name), ["press-2"]);
    await eventually(
      async () => (await site.agents()).length === 2,
      { timeout: TIMEOUT, what: "press-2 was deleted" },
    );
  }],

  ["a path that leads nowhere deletes nothing", {}, async (site) => {
    const commit = await site.push({
      [file(site, "workspace.yaml")]: workspace(site.name),
      [file(site, "agents.yaml")]: agents(0, 2),
      "docs/README.md": "Nothing to apply\n",
      [`root/${site.name}.yaml`]: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${site.name}}
`,
    });
    await site.applied(commit);
    const before = await site.agents();
    await site.follow({ path: "docs" });
    const status = await site.held(commit);
    assert.deepEqual(
      status.pendingPrunes?.map((p) => p.workspace ?? "root/").sort(),
      [site.name, "root/"].sort(),
    );
    assert.match(
      getCondition(status.conditions, "Ready")!.message,
      /no manifest in this commit.*check spec.path/,
    );
    await site.follow({ path: "" });
    await site.applied(commit);
    assert.deepEqual(uids(await site.agents()), uids(before));
    assert.ok(!(await site.agents()).some(isSuspended));
  }],

  [
    "a Workspace with content goes by a trailer of the commit, after its tombstone",
    { tombstone: "3s" },
    async (site, { client }) => {
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
          [file(site, "agents.yaml")]: agents(0, 1),
          "workspaces/empty-site/workspace.yaml": workspace("empty-site"),
        }),
      );
      const { metadata: { uid } } = await client.get(Workspace, site.name);
      const removed = await site.push({
        [`workspaces/${site.name}`]: null,
        // One without anything in it needs no approval.
        "workspaces/empty-site": null,
        "workspaces/other-site/workspace.yaml": workspace("other-site"),
      });
      const status = await site.held(removed);
      assert.deepEqual(
        status.pendingPrunes?.map((p) => [
          p.workspace,
          p.kinds.map((k) => k.kind),
        ]),
        [[site.name, ["Agent", "Workspace"]]],
      );
      await eventually(
        async () => !await client.tryGet(Workspace, "empty-site"),
        { timeout: TIMEOUT, what: "the empty Workspace was gone" },
      );
      await site.applied(
        await site.push({}, {
          message: `Close the site\n\nFaros-Approve-Prune: ${site.name}`,
        }),
      );
      const suspended = await client.get(Workspace, site.name);
      assert.equal(suspended.metadata.uid, uid);
      assert.ok(isSuspended(suspended));
      await eventually(
        async () => !await client.tryGet(Workspace, site.name),
        { timeout: TIMEOUT, what: "the Workspace was gone" },
      );
    },
  ],

  [
    "what another engine keeps is refused, unless the manifest asks for it",
    {},
    async (site, { client }) => {
      const namespace = site.name;
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
        }),
      );
      const theirs: [string, KubeObject["metadata"], RegExp][] = [
        ["flux", {
          name: "flux",
          labels: {
            "kustomize.toolkit.fluxcd.io/name": "apps",
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
          },
        }, /Flux Kustomization flux-system\/apps keeps it/],
        ["argo", {
          name: "argo",
          annotations: {
            "argocd.argoproj.io/tracking-id":
              `shop:/ConfigMap:${namespace}/argo`,
          },
          labels: { "app.kubernetes.io/instance": "shop" },
        }, /Argo CD Application shop keeps it/],
        ["kpt", {
          name: "kpt",
          annotations: { "config.k8s.io/owning-inventory": "inv-1" },
        }, /inventory inv-1/],
        ["set", {
          name: "set",
          labels: { [APPLYSET_LABEL]: "applyset-x-v1" },
        }, /apply set applyset-x-v1 keeps it/],
      ];
      for (const [, metadata] of theirs) {
        await client.create(ConfigMap, {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { ...metadata, namespace },
          data: { value: "theirs" },
        } as KubeObject, { fieldManager: "theirs" });
      }
      // A copy of what Argo CD keeps elsewhere is nobody's.
      await client.create(ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "copy",
          namespace,
          annotations: {
            "argocd.argoproj.io/tracking-id":
              `shop:/ConfigMap:${namespace}/argo`,
          },
          labels: { "app.kubernetes.io/instance": "shop" },
        },
      } as KubeObject, { fieldManager: "theirs" });
      const names = theirs.map(([name]) => name);
      const files = (metadata = "") =>
        Object.fromEntries([...names, "copy"].map((name) => [
          file(site, `${name}.yaml`),
          configMap(name, "ours", metadata),
        ]));
      await site.push(files());
      const get = (name: string) =>
        client.get<KubeObject & { data: { value: string } }>(ConfigMap, name, {
          namespace,
        });
      await site.refused("OwnershipConflict");
      await eventually(async () => {
        const { items } = await client.list<
          KubeObject & { reason: string; message: string }
        >(Event, { namespace: "default" });
        const told = items.filter((e) => e.reason === "OwnershipConflict")
          .map((e) => e.message).join("\n");
        return told.includes('faros.sh/adopt: "true"') &&
          theirs.every(([, , message]) => message.test(told));
      }, { timeout: TIMEOUT, what: "each owner was named in an Event" });
      await eventually(async () => (await get("copy")).data.value === "ours", {
        timeout: TIMEOUT,
      });
      for (const name of names) {
        assert.equal((await get(name)).data.value, "theirs");
      }
      await site.applied(
        await site.push(files(`\n  annotations: {faros.sh/adopt: "true"}`)),
      );
      for (const [name] of theirs) {
        const { data, metadata } = await get(name);
        assert.equal(data.value, "ours");
        // Without its marks, the other engine prunes it no more.
        const marks = JSON.stringify([metadata.labels, metadata.annotations]);
        assert.doesNotMatch(marks, /fluxcd|argocd|k8s.io\/owning|"shop"/);
      }
      // Also where nothing of it changes but whose it is.
      await client.patch(ConfigMap, "copy", {
        metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "apps" } },
      }, { namespace, fieldManager: "kustomize-controller" });
      await client.patch(ConfigMap, "flux", { data: { value: "by hand" } }, {
        namespace,
        fieldManager: "kubectl-edit",
      });
      await eventually(async () => (await get("flux")).data.value === "ours", {
        timeout: TIMEOUT,
        what: "the watch has come so far",
      });
      await site.push({
        [file(site, "copy.yaml")]: configMap("copy", "ours again"),
      });
      await site.refused("OwnershipConflict");
      assert.equal((await get("copy")).data.value, "ours");
    },
  ],

  [
    "what is handed over to another engine is neither put back nor deleted",
    {},
    async (site, { client }) => {
      const namespace = site.name;
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
          [file(site, "map.yaml")]: configMap("map", "ours"),
          [file(site, "other.yaml")]: configMap("other", "1"),
        }),
      );
      await client.patch(ConfigMap, "map", {
        metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "apps" } },
        data: { value: "theirs" },
      }, { namespace, fieldManager: "kustomize-controller" });
      const status = await site.refused("OwnershipConflict");
      assert.match(status.lastError!.message, /Flux Kustomization apps/);
      await site.applied(await site.push({ [file(site, "map.yaml")]: null }));
      const map = await client.get<KubeObject & { data: unknown }>(
        ConfigMap,
        "map",
        { namespace },
      );
      assert.deepEqual(map.data, { value: "theirs" });
    },
  ],

  [
    "what another Repository keeps is its own, until that is deleted",
    {},
    async (site, env) => {
      const { client } = env;
      const commit = await site.push({
        [file(site, "workspace.yaml")]: workspace(site.name),
        [file(site, "agents.yaml")]: agents(0, 2),
      });
      await site.applied(commit);
      const before = await site.agents();
      const second = { name: `${site.name}-second` };
      await env.follow({ url: site.git.path }, second);
      const status = await env.status(
        (s) =>
          getCondition(s.conditions, "Ready")?.reason === "OwnershipConflict",
        {
          ...second,
          timeout: TIMEOUT,
        },
      );
      assert.match(
        status.lastError!.message,
        new RegExp(`Repository ${site.name} keeps it`),
      );
      await client.delete(Repository, site.name);
      await eventually(async () => !await client.tryGet(Repository, site.name));
      await env.follow({ url: site.git.path, interval: "2m" }, second);
      await env.status(
        (s) => s.appliedCommit === commit && isTrue(s.conditions, "Ready"),
        { ...second, timeout: TIMEOUT },
      );
      assert.deepEqual(uids(await site.agents()), uids(before));
      await client.delete(Repository, second.name);
    },
  ],

  [
    "what cannot be changed is made anew where the manifest says so",
    {},
    async (site, { client }) => {
      const binding = (role: string, metadata = "") => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: look${metadata}
subjects: [{kind: User, name: ada, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${role}}
`;
      const role = (name: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ${name}}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
`;
      const scope = { namespace: site.name };
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
          [file(site, "roles.yaml")]: [role("one"), role("two")].join("---\n"),
          [file(site, "binding.yaml")]: binding("one"),
        }),
      );
      const before = await client.get(RoleBinding, "look", scope);
      await site.push({ [file(site, "binding.yaml")]: binding("two") });
      const status = await site.refused("ApplyFailed");
      assert.match(
        status.lastError!.message,
        /look: .*annotation faros.sh\/recreate: "true"/,
      );
      await site.applied(
        await site.push({
          [file(site, "binding.yaml")]: binding(
            "two",
            `\n  annotations: {faros.sh/recreate: "true"}`,
          ),
        }),
      );
      const after = await client.get<
        KubeObject & { roleRef: { name: string } }
      >(
        RoleBinding,
        "look",
        scope,
      );
      assert.equal(after.roleRef.name, "two");
      assert.notEqual(after.metadata.uid, before.metadata.uid);
      assert.ok(await client.get(Role, "one", scope));
    },
  ],

  [
    "drift that is to be reported is told and stays, until a commit changes the object",
    { drift: "report" },
    async (site, env) => {
      const { client } = env;
      const scope = { namespace: site.name };
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
          [file(site, "maps.yaml")]: [
            configMap("one", "1"),
            configMap("two", "1"),
          ]
            .join("---\n"),
        }),
      );
      await client.patch(ConfigMap, "one", { data: { value: "edited" } }, {
        ...scope,
        fieldManager: "kubectl-edit",
      });
      await client.delete(ConfigMap, "two", scope);
      const value = async () =>
        (await client.get<KubeObject & { data: { value: string } }>(
          ConfigMap,
          "one",
          scope,
        )).data.value;
      const told = (status: NonNullable<Repository["status"]>) =>
        Object.fromEntries(
          (status.drift?.first ?? []).map(({ name, fields }) => [name, fields]),
        );
      const status = await site.status((s) => s.drift?.objects === 2);
      assert.deepEqual(told(status), {
        one: ["data.value differs"],
        two: ["was deleted"],
      });
      assert.ok(isTrue(status.conditions, "Drifted"));
      assert.ok(isTrue(status.conditions, "Ready"));
      assert.ok(env.gitops.stats.driftReported >= 2);
      // It is told after a restart as well, and by a sync.
      await env.restart();
      const again = await site.status((s) => s.drift && s.drift.objects === 1);
      assert.deepEqual(told(again), { one: ["data.value differs"] });
      assert.equal(await value(), "edited");
      // What was deleted is made anew by the sync of a hub that starts.
      assert.ok(await client.get(ConfigMap, "two", scope));
      await site.applied(
        await site.push({
          [file(site, "maps.yaml")]: [
            configMap("one", "2"),
            configMap("two", "1"),
          ]
            .join("---\n"),
        }),
      );
      assert.equal(await value(), "2");
      await site.status((s) => !s.drift && !isTrue(s.conditions, "Drifted"));
    },
  ],

  [
    "a field that is left to others is set once, and kept through later commits",
    {
      driftRules: [
        {
          target: { kind: "Network" },
          paths: ["/spec/config/listenPort"],
          drift: "ignore",
        },
        { target: { kind: "Agent" }, paths: ["/spec/paused"], drift: "ignore" },
        {
          target: { kind: "Agent", name: "press-*" },
          paths: ["/metadata/labels/line"],
          drift: "report",
        },
      ],
    },
    async (site, { client }) => {
      const scope = { namespace: site.name };
      const net = (port: number, mtu: number) => `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec: {type: wireguard, config: {listenPort: ${port}, mtu: ${mtu}}}
`;
      const press = (mtu: number) => `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-1, labels: {line: "1"}}
spec: {paused: false, plugins: [{name: mesh, config: {mtu: ${mtu}}}]}
`;
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
          [file(site, "net.yaml")]: net(1, 1400),
          [file(site, "agents.yaml")]: press(1),
        }),
      );
      const by = { ...scope, fieldManager: "kubectl-edit" };
      await client.patch(Agent, "press-1", {
        metadata: { labels: { line: "9" } },
        spec: { paused: true },
      }, by);
      await client.patch(
        Network,
        "mesh",
        { spec: { config: { listenPort: 7, mtu: 9000 } } },
        by,
      );
      const status = await site.status((s) => s.drift?.objects === 1);
      assert.deepEqual(status.drift?.first[0]?.fields, [
        "metadata.labels.line differs",
      ]);
      const config = async () =>
        (await client.get<Network>(Network, "mesh", scope)).spec.config;
      await eventually(
        async () => (await config() as { mtu: number }).mtu === 1400,
        { timeout: TIMEOUT, what: "the field beside it was put back" },
      );
      assert.deepEqual(await config(), { listenPort: 7, mtu: 1400 });
      // Later commits set all but the fields that are others'.
      await site.applied(
        await site.push({
          [file(site, "net.yaml")]: net(2, 1500),
          [file(site, "agents.yaml")]: press(2),
        }),
      );
      assert.deepEqual(await config(), { listenPort: 7, mtu: 1500 });
      const { spec, metadata } = await client.get<Agent>(
        Agent,
        "press-1",
        scope,
      );
      assert.equal(spec.paused, true);
      assert.deepEqual(spec.plugins?.[0]?.config, { mtu: 2 });
      assert.equal(metadata.labels?.line, "1");
    },
  ],

  [
    "a Repository that is deleted takes all along where it says so, once approved",
    { deletionPolicy: "Delete" },
    async (site, { client }) => {
      await site.applied(
        await site.push({
          [file(site, "workspace.yaml")]: workspace(site.name),
          [file(site, "agents.yaml")]: agents(0, 2),
        }),
      );
      await client.delete(Repository, site.name);
      const status = await site.refused("PruneNeedsApproval");
      assert.match(
        getCondition(status.conditions, "Ready")!.message,
        /the Repository is being deleted/,
      );
      assert.equal((await site.agents()).length, 2);
      await site.annotate({
        [APPROVE_ANNOTATION]: status.pendingPrunes!.map((p) => p.token).join(),
      });
      await eventually(
        async () =>
          !await client.tryGet(Repository, site.name) &&
          !await client.tryGet(Workspace, site.name),
        { timeout: TIMEOUT, what: "Repository and Workspace were gone" },
      );
    },
  ],
];

function siteOf(
  env: Environment,
  { name, git }: { name: string; git: GitRepository },
): Site {
  const status: Site["status"] = (isSo) =>
    env.status(isSo, { name, timeout: TIMEOUT });
  const refused: Site["refused"] = (reason) =>
    status((s) => getCondition(s.conditions, "Ready")?.reason === reason);
  return {
    name,
    git,
    push: git.push,
    status,
    refused,
    applied: (commit) =>
      status((s) =>
        s.appliedCommit === commit && isTrue(s.conditions, "Ready")
      ),
    held: (commit) =>
      status((s) =>
        s.observedCommit === commit && isTrue(s.conditions, "Stalled") &&
        getCondition(s.conditions, "Ready")?.reason === "PruneNeedsApproval"
      ),
    follow: (spec) => env.follow({ url: git.path, ...spec }, { name }),
    async annotate(annotations) {
      await env.client.patch(Repository, name, { metadata: { annotations } }, {
        fieldManager: "kubectl-annotate",
      });
    },
    async agents() {
      const { items } = await env.client.list<Agent>(Agent, {
        namespace: name,
      });
      return items;
    },
  };
}

for (const engine of ["embedded", "kubernetes"] as const) {
  Deno.test({
    name: `${engine}: what a sync deletes, and what it leaves alone`,
    ignore: engine === "kubernetes" && !Deno.env.get("KUBEBUILDER_ASSETS"),
    async fn(t) {
      await using env = await startEnvironment({ engine });
      for (const [i, [name, spec, run]] of steps.entries()) {
        await t.step(name, async () => {
          await using git = await makeGitRepository();
          const site = siteOf(env, { name: `site-${i}`, git });
          await site.follow(spec);
          await run(site, env);
          await env.client.delete(Repository, site.name, {
            ignoreNotFound: true,
          });
        });
      }
    },
  });
}
