import type { KubernetesPermission } from "../api/kubernetes_permission.ts";
import type { Resource } from "../api/kind.ts";
import type { Discovery } from "../kube/discovery.ts";
import { apiVersionOf } from "../kube/resource.ts";

const VERSION = /^v[0-9]+((alpha|beta)[0-9]+)?$/;

/** A kind as a plugin names it: `ConfigMap`, `Deployment.apps` or `Deployment.v1.apps`, as for kubectl. */
export interface KindName {
  kind: string;
  /** Any when left out. */
  group?: string;
  /** The one that the server prefers when left out. */
  version?: string;
}

/** Takes a kind's name apart. */
export function parseKindName(text: string): KindName {
  const [kind = "", ...rest] = text.split(".");
  if (!rest.length) return { kind };
  const version = VERSION.test(rest[0]!) ? rest.shift() : undefined;
  return { kind, group: rest.join("."), version };
}

/**
 * The resources that a plugin may mean by a kind's name: of the groups and plurals that its `rules` name, those that
 * are served. No signal: the answers are kept for all plugins, and one that stops must not end what another waits for.
 */
export async function resourcesOfKind(
  text: string,
  { rules, discovery }: {
    rules: KubernetesPermission[];
    discovery: Discovery;
  },
): Promise<Resource[]> {
  const { kind, group, version } = parseKindName(text);
  const groups = new Set(rules.map(({ apiGroup }) => apiGroup));
  const found: Resource[] = [];
  for (const candidate of groups) {
    if (group !== undefined && group !== candidate) continue;
    const served = version ??
      await discovery.preferredVersion(candidate);
    if (served === undefined) continue;
    const resource = await discovery.find(
      apiVersionOf({ group: candidate, version: served }),
      kind,
    );
    const named = resource &&
      rules.some((rule) =>
        rule.apiGroup === candidate && rule.resources.includes(resource.plural)
      );
    if (named) found.push(resource);
  }
  return found;
}
