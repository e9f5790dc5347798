/**
 * `Impersonate-*` headers: acting as somebody else, where RBAC allows the verb
 * `impersonate` on each part of that identity.
 *
 * @module
 */
import { badRequest, forbidden } from "../errors.ts";
import type { AuthorizationAttributes, Decision, User } from "../types.ts";
import { ANONYMOUS } from "./mod.ts";
import { accountGroups } from "./service_account_tokens.ts";

const EXTRA = "impersonate-extra-";

/**
 * The user that the headers ask for, or `user` itself without such headers.
 * Throws Forbidden where `user` may not act as them.
 */
export function impersonate(
  user: User,
  headers: Headers,
  options: { authorize(attributes: AuthorizationAttributes): Decision },
): User {
  const name = headers.get("impersonate-user") ?? "";
  const asked = list(headers.get("impersonate-group"));
  const uid = headers.get("impersonate-uid") ?? "";
  // Extras alone name nobody; to look for them would take longer than all else here.
  if (!name && asked.length === 0 && !uid) return user;
  const extra: Record<string, string[]> = {};
  headers.forEach((value, header) => {
    if (!header.startsWith(EXTRA)) return;
    extra[unescape(header.slice(EXTRA.length))] = list(value);
  });
  const extras = Object.entries(extra);
  if (!name) {
    throw badRequest("requested impersonation without impersonating a user");
  }

  const check = (target: Partial<AuthorizationAttributes>) => {
    const attributes = {
      user,
      verb: "impersonate",
      version: "v1",
      group: "",
      ...target,
    };
    const decision = options.authorize(attributes);
    if (decision.allowed) return;
    throw forbidden(
      { group: attributes.group, resource: attributes.resource ?? "" },
      attributes.name ?? "",
      decision.reason,
    );
  };

  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) {
    check({
      resource: "serviceaccounts",
      namespace: account[1]!,
      name: account[2]!,
    });
  } else check({ resource: "users", name });
  for (const group of asked) check({ resource: "groups", name: group });
  for (const [key, values] of extras) {
    for (const value of values) {
      check({
        group: "authentication.k8s.io",
        resource: "userextras",
        subresource: key,
        name: value,
      });
    }
  }
  if (uid) {
    check({ group: "authentication.k8s.io", resource: "uids", name: uid });
  }

  const groups = account && asked.length === 0
    ? accountGroups(account[1]!)
    : asked;
  return {
    name,
    ...(uid ? { uid } : {}),
    groups: withStanding(name, groups),
    ...(extras.length ? { extra } : {}),
  };
}

/** Everybody is either authenticated or not, whatever groups were asked for. */
function withStanding(name: string, groups: string[]): string[] {
  const [out, into] = ["system:unauthenticated", "system:authenticated"];
  if (groups.includes(out) || groups.includes(into)) return groups;
  return [...groups, name === ANONYMOUS.name ? out : into];
}

/** Keys may be percent-encoded; what is not stands for itself. */
function unescape(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Values of a header that was given several times, which Headers joins. */
function list(value: string | null): string[] {
  return value ? value.split(/,\s*/).filter((part) => part !== "") : [];
}
