/**
 * RBAC rules: what one allows, and whether some cover others. Follows
 * kubernetes `pkg/apis/rbac/v1/evaluation_helpers.go` and
 * `k8s.io/component-helpers/auth/rbac/validation`.
 *
 * @module
 */
import type { AuthorizationAttributes } from "../types.ts";

/** One entry of `rules` of a Role or ClusterRole. */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** Whether `rule` allows the request. */
export function ruleAllows(
  rule: PolicyRule,
  attributes: AuthorizationAttributes,
): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== undefined) {
    return nonResourceCovered(rule.nonResourceURLs, attributes.path);
  }
  if (!has(rule.apiGroups, attributes.group ?? "")) return false;
  const names = rule.resourceNames;
  if (names?.length && !names.includes(attributes.name ?? "")) return false;
  const { resource = "", subresource } = attributes;
  const wanted = subresource ? `${resource}/${subresource}` : resource;
  return rule.resources?.some((r) =>
    r === "*" || r === wanted || (!!subresource && r === `*/${subresource}`)
  ) ?? false;
}

function has(list: string[] | undefined, value: string): boolean {
  return list?.some((item) => item === "*" || item === value) ?? false;
}

function nonResourceCovered(owned: string[] | undefined, path: string) {
  return owned?.some((url) =>
    url === path ||
    (url.endsWith("*") && path.startsWith(url.replace(/\*+$/, "")))
  ) ?? false;
}

/** The parts of `wanted` that no rule of `owned` covers, each of a single verb, group, resource and name. */
export function uncovered(
  owned: PolicyRule[],
  wanted: PolicyRule[],
): PolicyRule[] {
  return wanted.flatMap(breakdown).filter((part) =>
    !owned.some((rule) => covers(rule, part))
  );
}

function breakdown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const part = {
          apiGroups: [group],
          resources: [resource],
          verbs: [verb],
        };
        if (!rule.resourceNames?.length) parts.push(part);
        for (const name of rule.resourceNames ?? []) {
          parts.push({ ...part, resourceNames: [name] });
        }
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) {
      parts.push({ nonResourceURLs: [url], verbs: [verb] });
    }
  }
  return parts;
}

function covers(owner: PolicyRule, part: PolicyRule): boolean {
  if (!has(owner.verbs, part.verbs[0]!)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return nonResourceCovered(owner.nonResourceURLs, url);
  if (!has(owner.apiGroups, part.apiGroups![0]!)) return false;
  if (!resourceCovered(owner.resources, part.resources![0]!)) return false;
  if (!owner.resourceNames?.length) return true;
  const name = part.resourceNames?.[0];
  return name !== undefined && owner.resourceNames.includes(name);
}

function resourceCovered(owned: string[] | undefined, resource: string) {
  if (has(owned, resource)) return true;
  const slash = resource.indexOf("/");
  return slash > 0 && (owned?.includes(`*${resource.slice(slash)}`) ?? false);
}

/** Rules in the form of kube-apiserver's messages, verbs of one resource merged, sorted. */
export function describeRules(rules: PolicyRule[]): string[] {
  const merged = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { verbs, ...rest } = rule;
    const key = JSON.stringify(rule.nonResourceURLs ? rule : rest);
    const known = merged.get(key);
    if (known) known.verbs = [...known.verbs, ...verbs];
    else merged.set(key, { ...rule });
  }
  return [...new Set([...merged.values()].map(describe))].sort();
}

function describe(rule: PolicyRule): string {
  const part = (name: string, values: string[] | undefined) =>
    values?.length ? [`${name}:${goStrings(values)}`] : [];
  return `{${
    [
      ...part("APIGroups", rule.apiGroups),
      ...part("Resources", rule.resources),
      ...part("NonResourceURLs", rule.nonResourceURLs),
      ...part("ResourceNames", rule.resourceNames),
      ...part("Verbs", rule.verbs),
    ].join(", ")
  }}`;
}

/** Strings as Go's `%q` prints a slice. */
export function goStrings(values: string[]): string {
  return `[${values.map((v) => JSON.stringify(v)).join(" ")}]`;
}
