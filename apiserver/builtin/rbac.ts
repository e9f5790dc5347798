/**
 * Role, ClusterRole, RoleBinding and ClusterRoleBinding.
 *
 * @module
 */
import { confirmNoEscalation } from "../authorization/escalation.ts";
import type { Authorizer, PolicyRule } from "../authorization/mod.ts";
import { MASTERS } from "../authorization/mod.ts";
import { forbidden, notFound, StatusError } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type {
  Column,
  KubeObject,
  ResourceDefinition,
  Strategy,
  StrategyContext,
} from "../types.ts";
import { age, CREATED_AT, NAME, text } from "./columns.ts";
import { type BuiltinDeps, type ColumnContext, define } from "./define.ts";
import { bindingErrors, RBAC, roleErrors } from "./rbac_validation.ts";

const EVERYTHING: PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** Whether no more changed than what the garbage collector needs to finish a deletion. */
function onlyCollected(object: KubeObject, old?: KubeObject): boolean {
  if (!old) return false;
  const bare = (o: KubeObject) => ({
    ...o,
    metadata: {
      ...o.metadata,
      finalizers: undefined,
      ownerReferences: undefined,
      managedFields: undefined,
      resourceVersion: undefined,
    },
  });
  return deepEqual(bare(object), bare(old));
}

async function may(
  context: StrategyContext,
  verb: string,
  target: { resource: string; namespace: string; name: string },
): Promise<boolean> {
  const decision = await context.authorize({
    user: context.user,
    verb,
    group: RBAC,
    version: "*",
    ...target,
  });
  return decision.allowed;
}

function roleStrategy(authorizer: Authorizer, resource: string): Strategy {
  const cluster = resource === "clusterroles";
  const complete = (role: KubeObject) => {
    for (const rule of role.rules ?? []) rule.verbs ??= [];
  };
  return {
    prepareForCreate: complete,
    prepareForUpdate: complete,
    validate: (role) => roleErrors(role, { cluster }),
    async admit(role, old, context) {
      if (context.user.groups.includes(MASTERS)) return;
      const { name, namespace = "" } = role.metadata;
      if (await may(context, "escalate", { resource, namespace, name })) return;
      if (onlyCollected(role, old)) return;
      const of = { group: RBAC, resource };
      const check = (rules: PolicyRule[]) =>
        confirmNoEscalation(authorizer, rules, {
          user: context.user,
          namespace,
          of,
          name,
        });
      check(role.rules ?? []);
      if (!role.aggregationRule && !old?.aggregationRule) return;
      // Whoever can choose what is aggregated can choose anything.
      try {
        check(EVERYTHING);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        throw forbidden(
          of,
          name,
          "must have cluster-admin privileges to use the aggregationRule",
        );
      }
    },
  };
}

function bindingStrategy(authorizer: Authorizer, resource: string): Strategy {
  const cluster = resource === "clusterrolebindings";
  return {
    prepareForCreate: completeBinding,
    prepareForUpdate: completeBinding,
    validate: (binding, old) => bindingErrors(binding, { cluster, old }),
    async admit(binding, old, context) {
      if (context.user.groups.includes(MASTERS)) return;
      if (onlyCollected(binding, old)) return;
      const { name, namespace = "" } = binding.metadata;
      const { roleRef } = binding;
      const bound = {
        resource: roleRef.kind === "Role" ? "roles" : "clusterroles",
        namespace,
        name: roleRef.name,
      };
      if (await may(context, "bind", bound)) return;
      const rules = authorizer.roleRules(roleRef, namespace);
      if (!rules) {
        // kube-apiserver names the bindings' resource here, too.
        throw notFound({ group: RBAC, resource }, roleRef.name);
      }
      confirmNoEscalation(authorizer, rules, {
        user: context.user,
        namespace,
        of: { group: RBAC, resource },
        name,
      });
    },
  };
}

/** Groups that go without saying; and what is missing is empty, so that one message says what it must be. */
function completeBinding(binding: KubeObject): void {
  binding.roleRef = { kind: "", name: "", ...binding.roleRef };
  binding.roleRef.apiGroup ||= RBAC;
  for (const subject of binding.subjects ?? []) {
    subject.kind ??= "";
    subject.name ??= "";
    if (subject.apiGroup) continue;
    if (subject.kind === "User" || subject.kind === "Group") {
      subject.apiGroup = RBAC;
    }
  }
}

function subjects(kind: string, title: string, of: string): Column {
  return text(title, (binding) =>
    (binding.subjects ?? [])
      .filter((s: { kind: string }) => s.kind === kind)
      .map((s: { name: string; namespace?: string }) =>
        kind === "ServiceAccount" ? `${s.namespace ?? ""}/${s.name}` : s.name
      )
      .join(", "), { wide: true, description: `${title} in the ${of}` });
}

function bindingColumns(context: ColumnContext, of: string): Column[] {
  return [
    NAME,
    text("Role", (o) => `${o.roleRef?.kind ?? ""}/${o.roleRef?.name ?? ""}`, {
      description:
        "roleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.",
    }),
    age(context),
    subjects("User", "Users", of),
    subjects("Group", "Groups", of),
    subjects("ServiceAccount", "ServiceAccounts", of),
  ];
}

/** The four definitions of rbac.authorization.k8s.io. */
export function rbac(
  { authorizer }: BuiltinDeps,
  context: ColumnContext,
): ResourceDefinition[] {
  const group = RBAC;
  return [
    define({
      group,
      resource: "roles",
      kind: "Role",
      schema: "io.k8s.api.rbac.v1.Role",
      strategy: roleStrategy(authorizer, "roles"),
      columns: [NAME, CREATED_AT],
    }),
    define({
      group,
      resource: "clusterroles",
      kind: "ClusterRole",
      namespaced: false,
      schema: "io.k8s.api.rbac.v1.ClusterRole",
      strategy: roleStrategy(authorizer, "clusterroles"),
      columns: [NAME, CREATED_AT],
    }),
    define({
      group,
      resource: "rolebindings",
      kind: "RoleBinding",
      schema: "io.k8s.api.rbac.v1.RoleBinding",
      strategy: bindingStrategy(authorizer, "rolebindings"),
      columns: bindingColumns(context, "roleBinding"),
    }),
    define({
      group,
      resource: "clusterrolebindings",
      kind: "ClusterRoleBinding",
      namespaced: false,
      schema: "io.k8s.api.rbac.v1.ClusterRoleBinding",
      strategy: bindingStrategy(authorizer, "clusterrolebindings"),
      columns: bindingColumns(context, "clusterRoleBinding"),
    }),
  ];
}
