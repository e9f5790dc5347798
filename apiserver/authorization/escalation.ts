/**
 * Nobody may grant more than they hold, unless the verb `escalate` or `bind`
 * lets them. Follows kubernetes `pkg/registry/rbac/*\/policybased`.
 *
 * @module
 */
import { forbidden, type ResourceName } from "../errors.ts";
import type { User } from "../types.ts";
import { type Authorizer, MASTERS, type PolicyRule } from "./mod.ts";
import { describeRules, goStrings, uncovered } from "./rules.ts";

/** Throws Forbidden where `user` does not hold all of `rules` in `namespace`. */
export function confirmNoEscalation(
  authorizer: Pick<Authorizer, "rulesFor">,
  rules: PolicyRule[],
  options: { user: User; namespace: string; of: ResourceName; name: string },
): void {
  const { user, namespace, of, name } = options;
  if (user.groups.includes(MASTERS)) return;
  const missing = uncovered(authorizer.rulesFor(user, namespace), rules);
  if (missing.length === 0) return;
  throw forbidden(
    of,
    name,
    `user ${JSON.stringify(user.name)} (groups=${
      goStrings(user.groups)
    }) is attempting to grant RBAC permissions not currently held:\n${
      describeRules(missing).join("\n")
    }`,
  );
}
