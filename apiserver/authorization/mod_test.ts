import assert from "node:assert/strict";
import { testCluster } from "../controllers/testing.ts";
import type { AuthorizationAttributes, JsonObject } from "../types.ts";

const RBAC = "rbac.authorization.k8s.io";
const alice = { name: "alice", groups: ["devs", "system:authenticated"] };
const robot = {
  name: "system:serviceaccount:a:robot",
  groups: ["system:serviceaccounts", "system:authenticated"],
};

async function withRules(
  rules: JsonObject[],
  { cluster = false, subjects }: {
    cluster?: boolean;
    subjects?: JsonObject[];
  } = {},
) {
  const test = await testCluster();
  const prefix = cluster ? "Cluster" : "";
  const scope = cluster ? {} : { namespace: "a" };
  const { client } = test;
  await client.create({ group: "", resource: "namespaces" }, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
  const lower = prefix.toLowerCase();
  await client.create({ group: RBAC, resource: `${lower}roles`, ...scope }, {
    apiVersion: `${RBAC}/v1`,
    kind: `${prefix}Role`,
    metadata: { name: "r" },
    rules,
  });
  await client.create(
    { group: RBAC, resource: `${lower}rolebindings`, ...scope },
    {
      apiVersion: `${RBAC}/v1`,
      kind: `${prefix}RoleBinding`,
      metadata: { name: "b" },
      roleRef: { kind: `${prefix}Role`, name: "r" },
      subjects: subjects ?? [{ kind: "User", name: "alice" }],
    },
  );
  const may = (attributes: Partial<AuthorizationAttributes>) =>
    test.authorizer.authorize({
      user: alice,
      verb: "get",
      ...(attributes.path ? {} : {
        group: "",
        resource: "secrets",
        namespace: "a",
      }),
      ...attributes,
    });
  return { test, client, may };
}

Deno.test("a Role allows in its namespace what its rules say, and says by what", async () => {
  const { test, may } = await withRules([
    { verbs: ["get", "list"], apiGroups: [""], resources: ["secrets"] },
  ]);
  await using _ = test;
  assert.deepEqual(may({}), {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/a" of Role "r" to User "alice"',
  });
  assert.deepEqual(may({ verb: "delete" }), {
    allowed: false,
    reason:
      'User "alice" cannot delete resource "secrets" in API group "" in the namespace "a"',
  });
  assert.deepEqual(may({ namespace: "b" }).allowed, false);
  assert.deepEqual(
    may({ namespace: "", group: "apps", resource: "pods", subresource: "log" })
      .reason,
    'User "alice" cannot get resource "pods/log" in API group "apps" at the cluster scope',
  );
  assert.deepEqual(
    may({ path: "/metrics" }).reason,
    'User "alice" cannot get path "/metrics"',
  );
});

Deno.test("resourceNames allow only those names, and no create or list of all", async () => {
  const { test, may } = await withRules([{
    verbs: ["*"],
    apiGroups: ["*"],
    resources: ["*"],
    resourceNames: ["mine"],
  }]);
  await using _ = test;
  assert(may({ name: "mine" }).allowed);
  assert(may({ verb: "watch", name: "mine" }).allowed);
  assert(!may({ name: "other" }).allowed);
  assert(!may({ verb: "list" }).allowed);
});

Deno.test("subresources need a rule of their own, also by */NAME", async () => {
  const { test, may } = await withRules([
    { verbs: ["get"], apiGroups: [""], resources: ["pods", "nodes/proxy"] },
    { verbs: ["get"], apiGroups: [""], resources: ["*/status"] },
  ]);
  await using _ = test;
  assert(may({ resource: "pods" }).allowed);
  assert(!may({ resource: "pods", subresource: "log" }).allowed);
  assert(may({ resource: "nodes", subresource: "proxy" }).allowed);
  assert(may({ resource: "anything", subresource: "status" }).allowed);
  assert(!may({ resource: "anything" }).allowed);
});

Deno.test("paths are matched whole or by their beginning", async () => {
  const { test, may } = await withRules([
    { verbs: ["get"], nonResourceURLs: ["/healthz", "/logs/*"] },
  ], { cluster: true });
  await using _ = test;
  assert(may({ path: "/healthz" }).allowed);
  assert(may({ path: "/logs/a/b" }).allowed);
  assert(!may({ path: "/healthz/x" }).allowed);
  assert(!may({ verb: "post", path: "/healthz" }).allowed);
});

Deno.test("bindings name users, groups and ServiceAccounts", async () => {
  const { test, may } = await withRules([
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"] },
  ], {
    subjects: [
      { kind: "Group", name: "devs" },
      { kind: "ServiceAccount", name: "robot" },
    ],
  });
  await using _ = test;
  assert.match(may({}).reason, /to Group "devs"$/);
  assert.match(may({ user: robot }).reason, /to ServiceAccount "robot\/a"$/);
  assert(!may({ user: { name: "devs", groups: [] } }).allowed);
});

Deno.test("a change of role or binding counts from the next decision", async () => {
  const { test, client, may } = await withRules([
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"] },
  ]);
  await using _ = test;
  const role = { group: RBAC, resource: "roles", namespace: "a", name: "r" };
  const next = structuredClone(client.reader.get(role)!);
  next.rules[0].verbs = ["list"];
  await client.update(role, next);
  assert(!may({}).allowed);
  assert(may({ verb: "list" }).allowed);
  await client.delete(role);
  assert.equal(
    may({ verb: "list" }).reason,
    `User "alice" cannot list resource "secrets" in API group "" in the namespace "a": RBAC: role.${RBAC} "r" not found`,
  );
  await client.delete({ ...role, resource: "rolebindings", name: "b" });
  assert(!may({ verb: "list" }).reason.includes("not found"));
});

Deno.test("system:masters may do anything", async () => {
  const test = await testCluster();
  await using _ = test;
  const user = { name: "x", groups: ["system:masters"] };
  assert(test.authorizer.authorize({ user, verb: "any", path: "/x" }).allowed);
});
