import type { RequestInfo, User } from "../types.ts";

/** How much is told of a request. Each tells more than the one before. */
export const LEVELS = [
  "None",
  "Metadata",
  "Request",
  "RequestResponse",
] as const;
export type Level = typeof LEVELS[number];

/** Moments of a request. */
export const STAGES = [
  "RequestReceived",
  "ResponseStarted",
  "ResponseComplete",
  "Panic",
] as const;
export type Stage = typeof STAGES[number];

/** `rules[]` of a Policy: the first that fits a request counts. Empty lists fit all. */
export interface PolicyRule {
  level: Level;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: {
    group?: string;
    resources?: string[];
    resourceNames?: string[];
  }[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  omitStages?: Stage[];
  omitManagedFields?: boolean;
}

/** What is audited: Kubernetes' `Policy` of `audit.k8s.io/v1`. */
export interface Policy {
  omitStages?: Stage[];
  omitManagedFields?: boolean;
  rules: PolicyRule[];
}

/**
 * Who did what to which object. No bodies, so that no Secret stands in the log;
 * nothing of what only tells that all is well.
 */
export const DEFAULT_POLICY: Policy = {
  omitStages: ["RequestReceived"],
  rules: [
    {
      level: "None",
      nonResourceURLs: [
        "/healthz*",
        "/livez*",
        "/readyz*",
        "/version",
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/openapi/*",
      ],
    },
    {
      level: "None",
      resources: [{ group: "coordination.k8s.io", resources: ["leases"] }],
    },
    {
      level: "None",
      resources: [
        { group: "", resources: ["events"] },
        { group: "events.k8s.io", resources: ["events"] },
      ],
    },
    { level: "Metadata" },
  ],
};

/** What a policy says of a request. */
export interface Verdict {
  level: Level;
  omitStages: ReadonlySet<Stage>;
  omitManagedFields: boolean;
}

/** Finds the rule for a request. Without one it is not audited. */
export function verdictOf(
  policy: Policy,
  { user, info }: { user: User | undefined; info: RequestInfo },
): Verdict {
  const rule = policy.rules.find((rule) => fits(rule, user, info));
  return {
    level: rule?.level ?? "None",
    omitStages: new Set([
      ...policy.omitStages ?? [],
      ...rule?.omitStages ?? [],
    ]),
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ??
      false,
  };
}

function fits(
  rule: PolicyRule,
  user: User | undefined,
  info: RequestInfo,
): boolean {
  if (rule.users?.length && !rule.users.includes(user?.name ?? "")) {
    return false;
  }
  if (
    rule.userGroups?.length &&
    !user?.groups.some((group) => rule.userGroups!.includes(group))
  ) return false;
  if (rule.verbs?.length && !rule.verbs.includes(info.verb)) return false;
  const { namespaces = [], resources = [], nonResourceURLs = [] } = rule;
  if (namespaces.length || resources.length) {
    return info.isResource &&
      (!namespaces.length || namespaces.includes(info.namespace)) &&
      (!resources.length || resources.some((r) => fitsResource(r, info)));
  }
  if (nonResourceURLs.length) {
    return !info.isResource &&
      nonResourceURLs.some((pattern) => fitsPath(pattern, info.path));
  }
  return true;
}

/** As Kubernetes reads `GroupResources`: `pods`, `pods/log`, `pods/*`, any resource's `scale` and `*` for all. */
function fitsResource(
  of: NonNullable<PolicyRule["resources"]>[number],
  info: RequestInfo,
): boolean {
  if ((of.group ?? "") !== info.group) return false;
  if (!of.resources?.length) return true;
  const { resource, subresource } = info;
  const combined = subresource ? `${resource}/${subresource}` : resource;
  if (of.resourceNames?.length && !of.resourceNames.includes(info.name)) {
    return false;
  }
  return of.resources.some((wanted) =>
    wanted === "*" || wanted === combined ||
    (!!subresource &&
      (wanted === `${resource}/*` || wanted === `*/${subresource}`))
  );
}

function fitsPath(pattern: string, path: string): boolean {
  return pattern === "*" || pattern === path ||
    (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1)));
}
