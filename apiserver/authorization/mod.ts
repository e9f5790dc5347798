/**
 * RBAC: whether a user may do something, and why.
 *
 * @module
 */
import type {
  AuthorizationAttributes,
  Change,
  Decision,
  Reader,
  User,
} from "../types.ts";
import { type Binding, BindingIndex, RBAC_GROUP } from "./index.ts";
import { type PolicyRule, ruleAllows } from "./rules.ts";

export type { PolicyRule };

/** Members may do everything, whatever RBAC says; the way out of a lockout. */
export const MASTERS = "system:masters";

/** Decides by the Roles and bindings in storage. */
export interface Authorizer {
  /**
   * The decision. Where it is no, `reason` is the sentence that clients are
   * shown: `User "x" cannot get resource "agents" in API group …`.
   */
  authorize(attributes: AuthorizationAttributes): Decision;
  /** All rules that a user holds in a namespace, those for the whole cluster first. */
  rulesFor(user: User, namespace: string): PolicyRule[];
  /** The rules of the role that a binding in `namespace` refers to; undefined where there is none. */
  roleRules(
    roleRef: { kind: string; name: string },
    namespace: string,
  ): PolicyRule[] | undefined;
  /** Stops following changes. */
  close(): void;
}

/** Options of {@linkcode createAuthorizer}. */
export interface AuthorizerOptions {
  reader: Reader;
  /** Calls back after each commit; returns the way to stop. */
  subscribe(listener: (change: Change) => void): () => void;
}

/** An authorizer over the current state; it sees a change as soon as it is committed. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { reader, subscribe } = options;
  const index = new BindingIndex(reader, subscribe);

  function roleRules(
    roleRef: { kind: string; name: string },
    namespace: string,
  ): PolicyRule[] | undefined {
    const role = roleRef.kind === "ClusterRole"
      ? reader.get({
        group: RBAC_GROUP,
        resource: "clusterroles",
        name: roleRef.name,
      })
      : reader.get({
        group: RBAC_GROUP,
        resource: "roles",
        namespace,
        name: roleRef.name,
      });
    return role && (role.rules ?? []);
  }

  function* grants(user: User, namespace: string) {
    for (const scope of namespace ? ["", namespace] : [""]) {
      yield* index.grants(scope, "User", user.name);
      for (const group of user.groups) {
        yield* index.grants(scope, "Group", group);
      }
    }
  }

  function rulesOf(binding: Binding): PolicyRule[] | undefined {
    return roleRules(
      { kind: binding.roleKind, name: binding.roleName },
      binding.namespace,
    );
  }

  return {
    authorize(attributes) {
      const { user } = attributes;
      if (user.groups.includes(MASTERS)) return { allowed: true, reason: "" };
      const missing: string[] = [];
      const namespace = attributes.path === undefined
        ? attributes.namespace ?? ""
        : "";
      for (const { binding, subject } of grants(user, namespace)) {
        const rules = rulesOf(binding);
        if (!rules) missing.push(roleNotFound(binding));
        else if (rules.some((rule) => ruleAllows(rule, attributes))) {
          return { allowed: true, reason: allowedBy(binding, subject) };
        }
      }
      const why = missing.length === 0
        ? ""
        : `: RBAC: ${
          missing.length === 1 ? missing[0] : `[${missing.join(", ")}]`
        }`;
      return { allowed: false, reason: describeRequest(attributes) + why };
    },
    rulesFor(user, namespace) {
      const rules: PolicyRule[] = [];
      for (const { binding } of grants(user, namespace)) {
        rules.push(...rulesOf(binding) ?? []);
      }
      return rules;
    },
    roleRules,
    close: () => index.stop(),
  };
}

function roleNotFound(binding: Binding): string {
  return `${binding.roleKind.toLowerCase()}.${RBAC_GROUP} "${binding.roleName}" not found`;
}

function allowedBy(binding: Binding, subject: string): string {
  const role = `of ${binding.roleKind} "${binding.roleName}" to ${subject}`;
  return binding.namespace
    ? `RBAC: allowed by RoleBinding "${binding.name}/${binding.namespace}" ${role}`
    : `RBAC: allowed by ClusterRoleBinding "${binding.name}" ${role}`;
}

/** What was refused, in the words of kube-apiserver. */
export function describeRequest(attributes: AuthorizationAttributes): string {
  const who = `User ${JSON.stringify(attributes.user.name)} cannot`;
  const { verb, path, group = "", resource = "", subresource, namespace } =
    attributes;
  if (path !== undefined) return `${who} ${verb} path "${path}"`;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace
    ? `in the namespace "${namespace}"`
    : "at the cluster scope";
  return `${who} ${verb} resource "${what}" in API group "${group}" ${where}`;
}
