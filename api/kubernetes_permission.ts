/**
 * What a plugin may do in the Kubernetes API, in its device's workspace.
 *
 * @module
 */
import { z } from "zod";

const ResourceName = z.string().max(253).regex(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  "must be the plural name of one resource, such as configmaps; neither `*` nor a subresource",
);

const ApiGroup = z.string().max(253).regex(
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/,
  'must be one API group, such as apps, or "" for the core group; not `*`',
);

const ObjectName = z.string().max(253).regex(
  /^[^*/%\s]+$/,
  "must be the name of one object; not `*`",
);

const Rule = z.strictObject({
  apiGroup: ApiGroup.describe(
    'API group of the resources: `apps`; `""` is the core group',
  ),
  resources: z.array(ResourceName).min(1).describe(
    "Plural names of namespaced resources that are served in the workspace: `configmaps`",
  ),
  verbs: z.array(z.enum(["get", "list", "watch"])).min(1).describe(
    "What may be done; a plugin's `watch` begins with what there is, and so needs `list`, too",
  ),
  resourceNames: z.array(ObjectName).min(1).optional().describe(
    "Names of the only objects that are meant; all when left out. `list` and `watch` then have to name one of them",
  ),
});

/** A rule for one API group, as a PolicyRule of RBAC has it. */
export type KubernetesPermission = z.infer<typeof Rule>;

/** Groups that say who somebody is and what they may do. */
const REFUSED_GROUPS = [
  "access.faros.sh",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "certificates.k8s.io",
  "edge.faros.sh",
  "rbac.authorization.k8s.io",
];

/** Resources of other groups that are, or lead to, credentials and identities. */
const REFUSED_RESOURCES: Record<string, string[]> = {
  "": ["secrets", "serviceaccounts"],
  "coordination.k8s.io": ["leases"],
};

/**
 * Why no plugin may have such a right, whatever a workspace grants: undefined where it may. With it, a device's token
 * would reach credentials or other devices' identities.
 */
export function refusedPermission(
  { apiGroup, resources }: { apiGroup: string; resources: string[] },
): string | undefined {
  const malformed = ApiGroup.safeParse(apiGroup).success
    ? resources.find((name) => !ResourceName.safeParse(name).success)
    : apiGroup;
  if (malformed !== undefined) {
    return `${malformed} is refused: a plugin names each resource by its plural, without \`*\` and subresources`;
  }
  return credentials({ apiGroup, resources });
}

function credentials(
  { apiGroup, resources }: { apiGroup: string; resources: string[] },
): string | undefined {
  const refused = REFUSED_GROUPS.includes(apiGroup)
    ? resources
    : resources.filter((name) => REFUSED_RESOURCES[apiGroup]?.includes(name));
  if (!refused.length) return undefined;
  return `${
    refused.map((name) => qualified(name, apiGroup)).join(", ")
  } is refused to plugins, since it holds credentials or identities; a secret value reaches a plugin as a writeOnly field of its config`;
}

/** The schema of a {@linkcode KubernetesPermission}. */
export const KubernetesPermission = Rule.superRefine((rule, context) => {
  // What is malformed has been said by then.
  const message = credentials(rule);
  if (message) {
    context.addIssue({ code: "custom", path: ["resources"], message });
  }
});

/** `get, watch of configmaps press-1`: for messages. */
export function describePermission(rule: KubernetesPermission): string {
  const resources = rule.resources.map((name) =>
    qualified(name, rule.apiGroup)
  );
  return [
    `${rule.verbs.join(", ")} of ${resources.join(", ")}`,
    ...(rule.resourceNames?.length
      ? [`named ${rule.resourceNames.join(", ")}`]
      : []),
  ].join(" ");
}

function qualified(resource: string, apiGroup: string): string {
  return apiGroup ? `${resource}.${apiGroup}` : resource;
}
