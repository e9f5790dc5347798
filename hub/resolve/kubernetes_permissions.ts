/**
 * Rights in the Kubernetes API that plugins need, against those that workspaces grant.
 *
 * @module
 */
import {
  type KubernetesPermission,
  refusedPermission,
} from "../../api/kubernetes_permission.ts";

type Verb = KubernetesPermission["verbs"][number];

/** One verb on one resource, and on one object or (without a name) on all. */
interface Right {
  apiGroup: string;
  resource: string;
  verb: Verb;
  name?: string;
}

/** What of `needed` `granted` does not allow. */
export function missingRules(
  needed: KubernetesPermission[] = [],
  granted: KubernetesPermission[] = [],
): KubernetesPermission[] {
  return rulesOf(
    needed.flatMap(rightsOf).filter((right) => !isGranted(right, granted)),
  );
}

/** What of `needed` `granted` allows, and no plugin is refused. */
export function allowedRules(
  needed: KubernetesPermission[] = [],
  granted: KubernetesPermission[] = [],
): KubernetesPermission[] {
  return rulesOf(
    needed.filter((rule) => !refusedPermission(rule)).flatMap(rightsOf)
      .filter((right) => isGranted(right, granted)),
  );
}

function rightsOf(rule: KubernetesPermission): Right[] {
  const { apiGroup, resources, verbs, resourceNames } = rule;
  // No names are all names, as in RBAC.
  const names = resourceNames?.length ? resourceNames : [undefined];
  return resources.flatMap((resource) =>
    verbs.flatMap((verb) =>
      names.map((name) => ({ apiGroup, resource, verb, name }))
    )
  );
}

function isGranted(right: Right, granted: KubernetesPermission[]): boolean {
  return granted.some((grant) =>
    grant.apiGroup === right.apiGroup &&
    grant.resources.includes(right.resource) &&
    grant.verbs.includes(right.verb) &&
    (!grant.resourceNames?.length ||
      right.name !== undefined && grant.resourceNames.includes(right.name))
  );
}

/** The fewest rules that say the same: verbs of an object, then objects, then resources are put together. */
function rulesOf(rights: Right[]): KubernetesPermission[] {
  const verbs = gather(
    rights,
    ({ apiGroup, resource, name }) => ({ apiGroup, resource, name }),
    ({ verb }) => verb,
  );
  const names = gather(
    verbs,
    ([{ apiGroup, resource }, verbs]) => ({ apiGroup, resource, verbs }),
    ([{ name }]) => name,
  );
  const resources = gather(
    names,
    ([{ apiGroup, verbs }, names]) => ({ apiGroup, verbs, names }),
    ([{ resource }]) => resource,
  );
  return resources.map(([{ apiGroup, verbs, names }, resources]) => {
    const named = names.filter((name) => name !== undefined);
    return {
      apiGroup,
      resources,
      verbs,
      // All objects, and some of them once more, are all.
      ...(named.length === names.length ? { resourceNames: named } : {}),
    };
  });
}

/** Groups `items` by the content of a key; of each group, all different values. */
function gather<T, K, V>(
  items: T[],
  keyOf: (item: T) => K,
  valueOf: (item: T) => V,
): [K, V[]][] {
  const groups = Map.groupBy(items, (item) => JSON.stringify(keyOf(item)));
  return [...groups.values()].map((group) => [
    keyOf(group[0]!),
    [...new Set(group.map(valueOf))],
  ]);
}
