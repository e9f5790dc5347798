/**
 * Fills `rules` of a ClusterRole with those of the ClusterRoles that its
 * `aggregationRule` selects.
 *
 * @module
 */
import { deepEqual } from "../schema/deep_equal.ts";
import type { PolicyRule } from "../authorization/mod.ts";
import { selectsLabels } from "./label_selector.ts";
import { type Controller, type ControllerContext, copy } from "./controller.ts";

const ROLES = { group: "rbac.authorization.k8s.io", resource: "clusterroles" };

/** The controller of aggregated ClusterRoles. */
export function clusterRoleAggregation(
  { client, reader }: ControllerContext,
): Controller {
  const aggregated = new Set<string>();
  return {
    name: "clusterrole-aggregation",
    initial() {
      for (const role of reader.list(ROLES)) {
        if (role.aggregationRule) aggregated.add(role.metadata.name);
      }
      return aggregated;
    },
    affected({ type, group, resource, object }) {
      if (resource !== ROLES.resource || group !== ROLES.group) return [];
      const { name } = object.metadata;
      if (object.aggregationRule && type !== "DELETED") aggregated.add(name);
      else aggregated.delete(name);
      return [...aggregated];
    },
    async reconcile(name) {
      const role = reader.get({ ...ROLES, name });
      if (!role?.aggregationRule || role.metadata.deletionTimestamp) return;
      const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
      const rules: PolicyRule[] = [];
      const names = reader.list(ROLES)
        .filter((other) => other.metadata.name !== name)
        .sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1);
      for (const other of names) {
        const labels = other.metadata.labels ?? {};
        if (!selectors.some((s: never) => selectsLabels(s, labels))) continue;
        for (const rule of other.rules ?? []) {
          if (!rules.some((r) => deepEqual(r, rule))) rules.push(rule);
        }
      }
      if (deepEqual(role.rules ?? [], rules)) return;
      const next = copy(role);
      next.rules = rules;
      await client.update({ ...ROLES, name }, next);
    },
  };
}
