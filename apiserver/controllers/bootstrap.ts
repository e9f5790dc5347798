/**
 * What every cluster has: the system namespaces and the default policy, put
 * right on each start as kube-apiserver does: what is missing is added, what
 * was added by hand stays.
 *
 * @module
 */
import { uncovered } from "../authorization/rules.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type { InternalClient, JsonObject, KubeObject } from "../types.ts";
import policy from "./bootstrap_policy.json" with { type: "json" };
import { copy, tolerate } from "./controller.ts";

/** Roles and bindings that every cluster has. */
export interface DefaultPolicy {
  clusterRoles?: KubeObject[];
  clusterRoleBindings?: KubeObject[];
  roles?: KubeObject[];
  roleBindings?: KubeObject[];
}

const NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];
const RBAC = "rbac.authorization.k8s.io";
/** Objects that say "false" here are left as they are. */
const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

/** Makes or completes namespaces, and the roles and bindings of the default policy and of `more`. */
export async function bootstrap(
  client: InternalClient,
  more: DefaultPolicy = {},
): Promise<void> {
  await Promise.all([
    ...NAMESPACES.map((name) => ensureNamespace(client, name)),
    ensurePolicy(client, policy as unknown as DefaultPolicy),
  ]);
  // Some of it is in those namespaces.
  await ensurePolicy(client, more);
}

async function ensurePolicy(
  client: InternalClient,
  {
    clusterRoles = [],
    clusterRoleBindings = [],
    roles = [],
    roleBindings = [],
  }: DefaultPolicy,
): Promise<void> {
  const all = (
    resource: string,
    { objects, complete }: {
      objects: KubeObject[];
      complete(object: KubeObject, wanted: KubeObject): void;
    },
  ) => objects.map((wanted) => ensure(client, { resource, wanted, complete }));
  const completesRole = { complete: completeRole };
  const completesBinding = { complete: completeBinding };
  await Promise.all([
    ...all("clusterroles", { objects: clusterRoles, ...completesRole }),
    ...all("clusterrolebindings", {
      objects: clusterRoleBindings,
      ...completesBinding,
    }),
    ...all("roles", { objects: roles, ...completesRole }),
    ...all("rolebindings", { objects: roleBindings, ...completesBinding }),
  ]);
}

async function ensureNamespace(client: InternalClient, name: string) {
  const key = { group: "", resource: "namespaces" };
  if (client.reader.get({ ...key, name })) return;
  await tolerate(
    client.create(key, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    }),
    "AlreadyExists",
  );
}

async function ensure(
  client: InternalClient,
  { resource, wanted, complete }: {
    resource: string;
    wanted: KubeObject;
    complete(object: KubeObject, wanted: KubeObject): void;
  },
): Promise<void> {
  const { name, namespace } = wanted.metadata;
  const key = { group: RBAC, resource, namespace, name };
  const found = client.reader.get(key);
  if (!found) {
    await tolerate(
      client.create(key, wanted as unknown as JsonObject),
      "AlreadyExists",
    );
    return;
  }
  if (found.metadata.annotations?.[AUTOUPDATE] === "false") return;
  if (wanted.roleRef && !deepEqual(found.roleRef, wanted.roleRef)) {
    // A binding's role can't be changed.
    await client.delete(key, { uid: found.metadata.uid });
    await client.create(key, wanted as unknown as JsonObject);
    return;
  }
  const next = copy(found);
  next.metadata.labels = { ...wanted.metadata.labels, ...next.metadata.labels };
  next.metadata.annotations = {
    ...wanted.metadata.annotations,
    ...next.metadata.annotations,
  };
  complete(next, wanted);
  if (!deepEqual(next, found)) await client.update(key, next);
}

function completeRole(role: KubeObject, wanted: KubeObject): void {
  if (wanted.aggregationRule) {
    role.aggregationRule ??= wanted.aggregationRule;
    return;
  }
  const missing = uncovered(role.rules ?? [], wanted.rules ?? []);
  if (missing.length > 0) role.rules = [...role.rules ?? [], ...missing];
}

function completeBinding(binding: KubeObject, wanted: KubeObject): void {
  const subjects: KubeObject[] = binding.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter((subject: KubeObject) =>
    !subjects.some((other) => deepEqual(other, subject))
  );
  if (missing.length > 0) binding.subjects = [...subjects, ...missing];
}
