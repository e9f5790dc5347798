/**
 * Writes `kinds.json`, every resource that a running kube-apiserver serves and
 * the default set lacks, with the schemas of its kinds, descriptions dropped,
 * and `policy.json`, the default policy that is about them:
 *
 * ```sh
 * deno run --allow-net --allow-read --allow-write \
 *   --unsafely-ignore-certificate-errors=127.0.0.1 \
 *   apiserver/builtin/all/generate.ts https://127.0.0.1:6443 ADMIN_TOKEN
 * ```
 *
 * @module
 */
import { AGGREGATED } from "../../discovery/aggregated.ts";
import ownPolicy from "../../controllers/bootstrap_policy.json" with {
  type: "json",
};
import { compact, publishedPolicy, publishedZero, read } from "../published.ts";
import own from "../schemas.json" with { type: "json" };

// deno-lint-ignore no-explicit-any
type Any = any;

/** What the default set serves, by `group/resource`, and CustomResourceDefinitions. */
const SERVED = new Set([
  "/configmaps",
  "/events",
  "/limitranges",
  "/namespaces",
  "/resourcequotas",
  "/secrets",
  "/serviceaccounts",
  "apiextensions.k8s.io/customresourcedefinitions",
  "authentication.k8s.io/selfsubjectreviews",
  "authentication.k8s.io/tokenreviews",
  "authorization.k8s.io/localsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
  "authorization.k8s.io/subjectaccessreviews",
  "coordination.k8s.io/leases",
  "events.k8s.io/events",
  "rbac.authorization.k8s.io/clusterrolebindings",
  "rbac.authorization.k8s.io/clusterroles",
  "rbac.authorization.k8s.io/rolebindings",
  "rbac.authorization.k8s.io/roles",
]);

/** A schema without descriptions; a field of that name stays. */
function withoutDescriptions(schema: Any): Any {
  if (Array.isArray(schema)) return schema.map(withoutDescriptions);
  if (schema === null || typeof schema !== "object") return schema;
  const { description: _, properties, default: value, ...rest } = schema;
  const out: Any = {};
  for (const [key, sub] of Object.entries(rest)) {
    out[key] = withoutDescriptions(sub);
  }
  if (value !== undefined) out.default = value;
  if (properties) {
    out.properties = Object.fromEntries(
      Object.entries(properties).map(([name, sub]) => [
        name,
        withoutDescriptions(sub),
      ]),
    );
  }
  return out;
}

interface Published {
  schemas: Record<string, Any>;
  /** Names of schemas by `group/version/kind`. */
  names: Map<string, string>;
}

async function published(base: string, token: string): Promise<Published> {
  const { paths } = await read(base, "openapi/v3", token);
  const schemas: Record<string, Any> = {};
  const names = new Map<string, string>();
  for (const path of Object.keys(paths)) {
    if (!/^apis?\/.*v\d/.test(path)) continue;
    const { components } = await read(base, `openapi/v3/${path}`, token);
    for (const [name, schema] of Object.entries<Any>(components.schemas)) {
      schemas[name] = schema;
      for (const of of schema["x-kubernetes-group-version-kind"] ?? []) {
        const key = `${of.group}/${of.version}/${of.kind}`;
        // Options of requests stand in every group; they are no kinds.
        if (!name.includes(".apis.meta.")) names.set(key, name);
      }
    }
  }
  return { schemas, names };
}

/** Resources of one root (`api`, `apis`), as `kinds.ts` reads them. */
function resourcesOf(document: Any, { names }: Published): Any[] {
  const out: Any[] = [];
  for (const { metadata, versions } of document.items) {
    const group = metadata?.name ?? "";
    for (const { version, resources } of versions) {
      for (const found of resources) {
        if (SERVED.has(`${group}/${found.resource}`)) continue;
        const { kind } = found.responseKind;
        const schema = names.get(`${group}/${version}/${kind}`);
        if (!schema) throw new Error(`No schema of ${group} ${kind}`);
        out.push({
          group,
          version,
          resource: found.resource,
          singular: found.singularResource,
          kind,
          namespaced: found.scope === "Namespaced",
          shortNames: found.shortNames,
          categories: found.categories,
          verbs: found.verbs,
          subresources: found.subresources?.map((sub: Any) => sub.subresource),
          schema,
        });
      }
    }
  }
  return out;
}

/** What a fresh kube-apiserver has of roles and bindings beside those that are always there, one a line. */
async function policyText(base: string, token: string): Promise<string> {
  const known: Record<string, { metadata: { name: string } }[]> = ownPolicy;
  const lists = Object.entries(await publishedPolicy(base, token)).map(
    ([list, objects]) => {
      const names = new Set(known[list]?.map(({ metadata }) => metadata.name));
      const lines = objects.filter(({ metadata }) => !names.has(metadata.name))
        .map((object) => JSON.stringify(object));
      return `"${list}": [\n${lines.join(",\n")}\n]`;
    },
  );
  return `{\n${lists.join(",\n")}\n}\n`;
}

if (import.meta.main) {
  const [base, token] = Deno.args;
  if (!base || !token) {
    console.error("usage: generate.ts https://HOST:PORT ADMIN_TOKEN");
    Deno.exit(2);
  }
  const all = await published(base, token);
  const resources = [
    ...resourcesOf(await read(base, "api", token, AGGREGATED), all),
    ...resourcesOf(await read(base, "apis", token, AGGREGATED), all),
  ];
  await Promise.all(resources.map(async (found) => {
    const { group, version, resource, verbs } = found;
    if (!verbs.includes("watch")) return;
    const root = group ? `apis/${group}/${version}` : `api/${version}`;
    found.zero = await publishedZero(base, `${root}/${resource}`, token);
  }));
  const schemas: Record<string, Any> = {};
  const take = (name: string) => {
    if (schemas[name] || Object.hasOwn(own, name)) return;
    if (!all.schemas[name]) throw new Error(`No schema ${name} is published`);
    schemas[name] = withoutDescriptions(compact(all.schemas[name]));
    JSON.stringify(schemas[name], (key, value) => {
      if (key === "$ref" && !value.endsWith(".ObjectMeta")) take(value);
      return value;
    });
  };
  for (const { schema } of resources) take(schema);
  // Bodies of subresources.
  for (const name of ["autoscaling.v1.Scale", "policy.v1.Eviction"]) {
    take(`io.k8s.api.${name}`);
  }
  const lines = (entries: [string, unknown][]) =>
    entries.map(([name, value]) =>
      `${JSON.stringify(name)}: ${JSON.stringify(value)}`
    ).join(",\n");
  const text = `{
"resources": [
${resources.map((resource) => JSON.stringify(resource)).join(",\n")}
],
"schemas": {
${lines(Object.entries(schemas).sort(([a], [b]) => a < b ? -1 : 1))}
}
}
`;
  await Deno.writeTextFile(new URL("kinds.json", import.meta.url), text);
  await Deno.writeTextFile(
    new URL("policy.json", import.meta.url),
    await policyText(base, token),
  );
}
