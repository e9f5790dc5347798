import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import {
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  Namespace,
  Role,
  RoleBinding,
} from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { HUB_API, WORKSPACE_LABEL } from "../api/names.ts";
import { Workspace } from "../api/workspace.ts";
import type { AccessReview } from "../kube/access_review.ts";
import { KubeApiError } from "../kube/kube_api_error.ts";
import { namespaceWorkspaces } from "../kube/namespace_workspaces.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { condition, engines, HubEnvironment } from "./hub/environment.ts";

const edge = (resource: string, verb: string): Partial<AccessReview> => ({
  group: "edge.faros.sh",
  resource,
  verb,
});
const core = (resource: string, verb: string): Partial<AccessReview> => ({
  group: "",
  resource,
  verb,
});
const plugins = (verb: string): Partial<AccessReview> => ({
  group: "plugins.faros.sh",
  resource: "monitorings",
  verb,
});
const status = (resource: string): Partial<AccessReview> => ({
  ...edge(resource, "patch"),
  subresource: "status",
});

/** What each role may, and may not, in its workspace. */
const MATRIX: {
  role: string;
  may: Partial<AccessReview>[];
  mayNot: Partial<AccessReview>[];
}[] = [
  {
    role: "viewer",
    may: [edge("agents", "watch"), plugins("list"), core("configmaps", "get")],
    mayNot: [
      core("secrets", "get"),
      core("secrets", "list"),
      edge("agents", "patch"),
      status("agents"),
      status("enrollments"),
      plugins("create"),
    ],
  },
  {
    role: "operator",
    may: [
      edge("agents", "patch"),
      edge("agents", "delete"),
      plugins("create"),
      status("enrollments"),
    ],
    mayNot: [
      core("secrets", "get"),
      status("agents"),
      edge("registrations", "create"),
      edge("enrollments", "create"),
      edge("revisions", "create"),
      { group: Role.group, resource: "roles", verb: "create" },
    ],
  },
  {
    role: "admin",
    may: [
      edge("registrations", "create"),
      core("secrets", "create"),
      { group: Role.group, resource: "roles", verb: "create" },
    ],
    mayNot: [
      status("agents"),
      edge("enrollments", "create"),
      edge("revisions", "delete"),
      { group: Role.group, resource: "roles", verb: "escalate" },
      { group: Role.group, resource: "roles", verb: "bind" },
      core("serviceaccounts", "impersonate"),
    ],
  },
];

for (const engine of engines) {
  const ignore = !!engine.missing;
  const on = `on ${engine.name}: `;

  Deno.test({
    name: `${on}members may what their role says, in their workspace alone`,
    ignore,
    fn: async () => {
      await using environment = await HubEnvironment.start(engine);
      const { client } = environment;
      await environment.workspace("a", {
        members: [
          "old-style",
          { user: "admin", role: "admin" },
          { group: "operator", role: "operator" },
          { user: "viewer", role: "viewer" },
        ],
      });
      await environment.workspace("b");
      const may = async (
        role: string,
        question: Partial<AccessReview>,
        namespace: string | undefined = "a",
      ) => {
        const { allowed } = await client.accessReview({
          user: role,
          groups: [role],
          namespace,
          ...question,
        } as AccessReview);
        return allowed;
      };
      const word = (role: string, q: Partial<AccessReview>) =>
        `${role} ${q.verb} ${q.resource} ${q.subresource ?? ""}`;
      // The authorizer may lag behind the writes by a moment.
      await eventually(() => may("viewer", edge("agents", "list")));
      for (const { role, may: yes, mayNot: no } of MATRIX) {
        for (const question of yes) {
          assert.equal(await may(role, question), true, word(role, question));
          assert.equal(
            await may(role, question, "b"),
            false,
            `in b: ${word(role, question)}`,
          );
        }
        for (const question of no) {
          assert.equal(await may(role, question), false, word(role, question));
        }
      }
      assert.equal(await may("old-style", core("secrets", "create")), true);
      const get = (name: string) => ({
        group: Workspace.group,
        resource: Workspace.plural,
        verb: "get",
        name,
        namespace: undefined,
      });
      assert.equal(await may("viewer", get("a")), true);
      assert.equal(await may("viewer", get("b")), false);

      // Who is a member no more may nothing more.
      await client.patch(Workspace, "a", { spec: { members: [] } });
      await eventually(async () =>
        !await may("viewer", edge("agents", "list")) &&
        !await may("admin", core("secrets", "get"))
      );
    },
  });

  Deno.test({
    name:
      `${on}a workspace's folder is applied with no more power than its sync identity has`,
    ignore,
    fn: async () => {
      await using environment = await HubEnvironment.start(engine);
      await environment.workspace("a");
      await environment.workspace("b");
      const provider = namespaceWorkspaces({
        client: environment.client,
        server: environment.server.url,
      });
      const { client, namespace } = provider.openAsSync("a");
      const manager = { fieldManager: "test" };
      const map = (name: string, target: string) =>
        client.apply<KubeObject>(ConfigMap, {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name, namespace: target },
        }, manager);
      await eventually(() => map("mine", namespace));
      const role = (name: string, resource: string) =>
        client.apply<KubeObject>(Role, {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "Role",
          metadata: { name, namespace },
          rules: [{ apiGroups: [""], resources: [resource], verbs: ["get"] }],
        } as KubeObject, manager);
      await role("fine", "secrets");
      const forbidden = (error: unknown) =>
        error instanceof KubeApiError && error.code === 403;
      await assert.rejects(role("more", "pods"), forbidden);
      await assert.rejects(map("theirs", "b"), forbidden);
      await assert.rejects(map("system", "faros-system"), forbidden);
      await assert.rejects(
        client.patch(Workspace, "a", { spec: { members: ["me"] } }),
        forbidden,
      );
      await assert.rejects(
        client.create<KubeObject>(RoleBinding, {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "RoleBinding",
          metadata: { name: "root", namespace },
          roleRef: {
            apiGroup: "rbac.authorization.k8s.io",
            kind: "ClusterRole",
            name: "cluster-admin",
          },
          subjects: [],
        } as KubeObject),
        forbidden,
      );
    },
  });

  Deno.test({
    name: `${on}a Workspace takes no namespace that is another's`,
    ignore,
    fn: async () => {
      await using environment = await HubEnvironment.start(engine);
      const { client } = environment;
      await client.create<KubeObject>(Namespace, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "payroll" },
      });
      for (const name of ["payroll", "kube-system", "default"]) {
        await environment.create(Workspace, name);
        await environment.until(
          Workspace,
          { name },
          "is refused",
          condition("Ready", "PlaceConflict"),
        );
        const { items } = await client.list(Role, { namespace: name });
        assert.ok(!items.some((r) => r.metadata.name.startsWith("faros:")));
      }
      // Agents there get no orders.
      await environment.create(Agent, "spy", { namespace: "payroll" });
      await environment.untilAgent(
        "payroll",
        "spy",
        "is in no workspace",
        condition("Ready", "WorkspaceNotReady"),
      );
      // Nor does it go with the Workspace.
      await client.delete(Workspace, "payroll");
      await eventually(async () => !await client.tryGet(Workspace, "payroll"));
      const namespace = await client.get(Namespace, "payroll");
      assert.equal(namespace.metadata.deletionTimestamp, undefined);
    },
  });

  Deno.test({
    name: `${on}a Workspace goes with all in it, and says what holds it up`,
    ignore,
    fn: async () => {
      await using environment = await HubEnvironment.start(engine);
      const { client } = environment;
      await environment.workspace("a");
      const namespace = await client.get(Namespace, "a");
      assert.equal(namespace.metadata.labels?.[WORKSPACE_LABEL], "a");
      await client.create<KubeObject>(ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: "held",
          namespace: "a",
          finalizers: ["example.org/test"],
        },
      });
      await client.delete(Workspace, "a");
      await environment.until<Workspace>(
        Workspace,
        { name: "a" },
        "says what holds it",
        ({ status }) =>
          status?.phase === "Terminating" &&
          status.conditions?.some((c) =>
            c.message.includes("example.org/test")
          ),
      );
      await client.patch(ConfigMap, "held", {
        metadata: { finalizers: null },
      }, { namespace: "a" });
      await eventually(
        async () =>
          !await client.tryGet(Workspace, "a") &&
          !await client.tryGet(Namespace, "a"),
        { timeout: 60_000, what: "Workspace and namespace are gone" },
      );
    },
  });
}

Deno.test("what somebody changes of a workspace's Roles is put back", async () => {
  await using environment = await HubEnvironment.start(engines[0]!);
  const { client } = environment;
  await environment.workspace("a", {
    members: [{ user: "v", role: "viewer" }],
  });
  const scope = { namespace: "a" };
  const before = await client.get(Role, "faros:viewer", scope);
  await client.patch(Role, "faros:viewer", {
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  }, scope);
  await client.delete(RoleBinding, "faros:viewer", scope);
  await eventually(async () => {
    const role = await client.get(Role, "faros:viewer", scope);
    assert.deepEqual(
      (role as unknown as { rules: unknown }).rules,
      (before as unknown as { rules: unknown }).rules,
    );
    return await client.tryGet(RoleBinding, "faros:viewer", scope);
  });
});

Deno.test("the workspace API of the first Faros serves each caller what is theirs", async () => {
  await using environment = await HubEnvironment.start(engines[0]!);
  const { client, hub } = environment;
  await environment.workspace("b");
  const user = "system:serviceaccount:default:default";
  await client.create<KubeObject>(
    ClusterRole,
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "makers" },
      rules: [{
        apiGroups: [Workspace.group],
        resources: ["workspaces"],
        verbs: ["create"],
      }],
    } as KubeObject,
  );
  await client.create<KubeObject>(
    ClusterRoleBinding,
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "makers" },
      roleRef: {
        apiGroup: Role.group,
        kind: "ClusterRole",
        name: "makers",
      },
      subjects: [{
        kind: "ServiceAccount",
        name: "default",
        namespace: "default",
      }],
    } as KubeObject,
  );
  const { token } = await eventually(() =>
    client.createToken("default", "default")
  );
  const call = async (
    method: string,
    path = "",
    body?: unknown,
    bearer: string | undefined = token,
  ) => {
    const response = await fetch(`${hub.url}${HUB_API}/workspaces${path}`, {
      method,
      headers: bearer ? { Authorization: `Bearer ${bearer}` } : {},
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { code: response.status, body: await response.json() };
  };
  assert.equal((await call("GET", "", undefined, "")).code, 401);
  assert.equal((await call("GET", "", undefined, "nonsense")).code, 401);
  const made = await call("POST", "", { metadata: { name: "a" } });
  assert.equal(made.code, 201);
  assert.deepEqual(made.body.spec.members, [{ user, role: "admin" }]);
  const wrong = await call("POST", "", { metadata: { name: "A b" } });
  assert.equal(wrong.code, 422);
  assert.match(wrong.body.message, /metadata\.name/);
  await environment.until(
    Workspace,
    { name: "a" },
    "is Ready",
    condition("Ready"),
  );
  const list = await call("GET");
  assert.deepEqual(
    list.body.items.map((w: KubeObject) => w.metadata.name),
    ["a"],
  );
  assert.equal((await call("GET", "/a")).body.metadata.name, "a");
  assert.equal((await call("GET", "/b")).code, 403);
  assert.equal((await call("DELETE", "/b")).code, 403);
  // Names that lead elsewhere are none, whatever the caller may.
  for (const path of ["/b%2Fstatus", "/b%2F..%2Fa", "/B"]) {
    const { code, body } = await call("GET", path);
    assert.equal(code, 404, path);
    assert.match(body.message, /there is no Workspace/);
  }
});
