import assert from "node:assert/strict";
import { ADMIN, testCluster } from "../controllers/testing.ts";
import type { JsonObject } from "../types.ts";

const RBAC = "rbac.authorization.k8s.io";
const alice = { name: "alice", groups: ["devs", "system:authenticated"] };
const ROLES = { group: RBAC, resource: "roles", namespace: "a" };
const BINDINGS = { ...ROLES, resource: "rolebindings" };

const role = (name: string, rules: JsonObject[]): JsonObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: "Role",
  metadata: { name },
  rules,
});
const binding = (
  name: string,
  to: string,
  roleRef: JsonObject,
): JsonObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: "RoleBinding",
  metadata: { name },
  roleRef,
  subjects: [{ kind: "User", name: to }],
});

/** Alice may write Roles and bindings, and holds `rules` beside. */
async function alices(rules: JsonObject[]) {
  const cluster = await testCluster();
  const admin = cluster.as(ADMIN);
  await admin.create({ group: "", resource: "namespaces" }, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
  await admin.create(
    ROLES,
    role("hers", [
      {
        verbs: ["create", "update"],
        apiGroups: [RBAC],
        resources: ["roles", "rolebindings"],
      },
      ...rules,
    ]),
  );
  const ref = { kind: "Role", name: "hers" };
  await admin.create(BINDINGS, binding("hers", "alice", ref));
  return { cluster, admin, user: cluster.as(alice) };
}

Deno.test("a role may grant what its author holds", async () => {
  const { cluster, user } = await alices([
    { verbs: ["get", "list"], apiGroups: [""], resources: ["secrets"] },
  ]);
  await using _ = cluster;
  await user.create(
    ROLES,
    role("less", [
      {
        verbs: ["get"],
        apiGroups: [""],
        resources: ["secrets"],
        resourceNames: ["x"],
      },
    ]),
  );
});

Deno.test("a role that grants more is refused in kube-apiserver's words", async () => {
  const { cluster, user } = await alices([
    { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
  ]);
  await using _ = cluster;
  const more = role("more", [
    {
      verbs: ["get", "list"],
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: ["foo", "bar"],
    },
    { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["*"], apiGroups: ["apps"], resources: ["statefulsets"] },
  ]);
  await assert.rejects(user.create(ROLES, more), {
    message:
      `roles.${RBAC} "more" is forbidden: user "alice" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["secrets"], ResourceNames:["bar"], Verbs:["get" "list"]}
{APIGroups:[""], Resources:["secrets"], ResourceNames:["foo"], Verbs:["get" "list"]}
{APIGroups:["apps"], Resources:["statefulsets"], Verbs:["*"]}`,
  });
});

Deno.test("a binding to a role with more is refused, unless the verb bind is held", async () => {
  const { cluster, admin, user } = await alices([]);
  await using _ = cluster;
  await admin.create(
    ROLES,
    role("strong", [{
      verbs: ["*"],
      apiGroups: ["*"],
      resources: ["*"],
    }]),
  );
  const wanted = binding("b", "bob", { kind: "Role", name: "strong" });
  await assert.rejects(user.create(BINDINGS, wanted), {
    message:
      /attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}$/,
  });
  await admin.create(
    ROLES,
    role("binder", [{
      verbs: ["bind"],
      apiGroups: [RBAC],
      resources: ["roles"],
      resourceNames: ["strong"],
    }]),
  );
  const ref = { kind: "Role", name: "binder" };
  await admin.create(BINDINGS, binding("binder", "alice", ref));
  await user.create(BINDINGS, wanted);
});

Deno.test("a binding to a role that is missing is refused", async () => {
  const { cluster, user } = await alices([]);
  await using _ = cluster;
  await assert.rejects(
    user.create(BINDINGS, binding("b", "bob", { kind: "Role", name: "no" })),
    { message: `rolebindings.${RBAC} "no" not found` },
  );
});

Deno.test("the verb escalate allows any role", async () => {
  const { cluster, user } = await alices([
    { verbs: ["escalate"], apiGroups: [RBAC], resources: ["roles"] },
  ]);
  await using _ = cluster;
  await user.create(
    ROLES,
    role("any", [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]),
  );
});

Deno.test("without the rights of a role its owners and finalizers may still be changed", async () => {
  const { cluster, admin, user } = await alices([]);
  await using _ = cluster;
  const strong = await admin.create(
    ROLES,
    role("strong", [{ verbs: ["get"], apiGroups: ["*"], resources: ["*"] }]),
  );
  const next = structuredClone(strong) as unknown as JsonObject;
  (next.metadata as JsonObject).finalizers = ["example.com/x"];
  const key = { ...ROLES, name: "strong" };
  const updated = await user.update(key, next);
  assert.deepEqual(updated.metadata.finalizers, ["example.com/x"]);
  const changed = structuredClone(updated) as unknown as JsonObject;
  changed.rules = [{ verbs: ["list"], apiGroups: ["*"], resources: ["*"] }];
  await assert.rejects(user.update(key, changed), { code: 403 });
});
