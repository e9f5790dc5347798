/**
 * Writes `schemas.json`, `zero_values.json` and
 * `../controllers/bootstrap_policy.json` from what a running kube-apiserver
 * publishes, so that the built-in kinds are documented,
 * merged and listed exactly as there:
 *
 * ```sh
 * deno run --allow-net --allow-read --allow-write \
 *   --unsafely-ignore-certificate-errors=127.0.0.1 \
 *   apiserver/builtin/generate.ts https://127.0.0.1:6443 ADMIN_TOKEN
 * ```
 *
 * @module
 */
import type { KubeObject } from "../types.ts";
import { compact, publishedPolicy, publishedZero, read } from "./published.ts";

/** Kinds to take, by group-version. */
const KINDS: Record<string, string[]> = {
  "io.k8s.api.core.v1": [
    "ConfigMap",
    "Event",
    "LimitRange",
    "Namespace",
    "ResourceQuota",
    "Secret",
    "ServiceAccount",
  ],
  "io.k8s.api.events.v1": ["Event"],
  "io.k8s.api.coordination.v1": ["Lease"],
  "io.k8s.api.rbac.v1": [
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
  ],
  "io.k8s.api.authentication.v1": [
    "SelfSubjectReview",
    "TokenRequest",
    "TokenReview",
  ],
  "io.k8s.api.authorization.v1": [
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
  ],
};

const DOCUMENTS = [
  "api/v1",
  "apis/events.k8s.io/v1",
  "apis/coordination.k8s.io/v1",
  "apis/rbac.authorization.k8s.io/v1",
  "apis/authentication.k8s.io/v1",
  "apis/authorization.k8s.io/v1",
];

/** The roles that concern what this server serves; the rest is for nodes and workloads. */
const ROLES = [
  "admin",
  "cluster-admin",
  "edit",
  "system:aggregate-to-admin",
  "system:aggregate-to-edit",
  "system:aggregate-to-view",
  "system:auth-delegator",
  "system:basic-user",
  "system:discovery",
  "system:monitoring",
  "system:public-info-viewer",
  "system:service-account-issuer-discovery",
  "view",
];

const QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity";

// deno-lint-ignore no-explicit-any
type Any = any;

/** All schemas that the kinds above need, by their published name, sorted. */
async function schemas(base: string, token: string): Promise<Any> {
  const published: Any = {};
  for (const path of DOCUMENTS) {
    const document = await read(base, `openapi/v3/${path}`, token);
    Object.assign(published, document.components.schemas);
  }
  const out: Any = {};
  const take = (name: string) => {
    if (out[name]) return;
    if (!published[name]) throw new Error(`No schema ${name} is published`);
    out[name] = compact(published[name]);
    JSON.stringify(out[name], (key, value) => {
      // Every object's metadata has its schema elsewhere.
      if (key === "$ref" && !value.endsWith(".ObjectMeta")) take(value);
      return value;
    });
  };
  for (const [group, kinds] of Object.entries(KINDS)) {
    for (const kind of kinds) take(`${group}.${kind}`);
  }
  // As it is: for documents only.
  out[QUANTITY] = published[QUANTITY];
  return Object.fromEntries(
    Object.entries(out).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** What is always served and stored, by the path of its group version. */
const RESOURCES: [path: string, resources: string[]][] = [
  ["api/v1", [
    "configmaps",
    "events",
    "limitranges",
    "namespaces",
    "resourcequotas",
    "secrets",
    "serviceaccounts",
  ]],
  ["apis/apiextensions.k8s.io/v1", ["customresourcedefinitions"]],
  ["apis/coordination.k8s.io/v1", ["leases"]],
  ["apis/events.k8s.io/v1", ["events"]],
  ["apis/rbac.authorization.k8s.io/v1", [
    "clusterrolebindings",
    "clusterroles",
    "rolebindings",
    "roles",
  ]],
];

/** The part of the default policy that is about what is always served. */
async function policy(base: string, token: string): Promise<Any> {
  const all = await publishedPolicy(base, token);
  const own = ({ metadata }: KubeObject) => ROLES.includes(metadata.name);
  return {
    clusterRoles: all.clusterRoles.filter(own),
    clusterRoleBindings: all.clusterRoleBindings.filter(own),
  };
}

/** By `group/resource` of those that are always served. */
async function zeroValues(base: string, token: string): Promise<Any> {
  const out: Any = {};
  for (const [path, resources] of RESOURCES) {
    for (const resource of resources) {
      const group = path.startsWith("apis/") ? path.split("/")[1] : "";
      out[`${group}/${resource}`] = await publishedZero(
        base,
        `${path}/${resource}`,
        token,
      );
    }
  }
  return out;
}

if (import.meta.main) {
  const [base, token] = Deno.args;
  if (!base || !token) {
    console.error("usage: generate.ts https://HOST:PORT ADMIN_TOKEN");
    Deno.exit(2);
  }
  const write = (path: string, value: unknown) =>
    Deno.writeTextFile(
      new URL(path, import.meta.url),
      JSON.stringify(value, null, 2) + "\n",
    );
  await write("schemas.json", await schemas(base, token));
  await write("zero_values.json", await zeroValues(base, token));
  await write(
    "../controllers/bootstrap_policy.json",
    await policy(base, token),
  );
}
