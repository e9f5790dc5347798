/**
 * Reading what a running kube-apiserver publishes, for the scripts that write
 * the built-in kinds.
 *
 * @module
 */
import type { DefaultPolicy } from "../controllers/bootstrap.ts";
import type { JsonObject, KubeObject } from "../types.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const REF = "#/components/schemas/";

/**
 * A published schema as `Schema`: `allOf` of one reference becomes that
 * reference, and the zero values that Go's encoder would leave out are no
 * defaults.
 */
export function compact(value: Any): Any {
  if (Array.isArray(value)) return value.map(compact);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$ref === "string") {
    return reference(value.$ref.slice(REF.length));
  }
  const { allOf, ...rest } = value;
  if (allOf?.length === 1) {
    const target = reference(allOf[0].$ref.slice(REF.length));
    const { default: _, ...own } = rest;
    return { ...own, ...target };
  }
  const out: Any = {};
  for (const [key, v] of Object.entries<Any>(rest)) {
    if (key === "x-kubernetes-group-version-kind") continue;
    if (key === "properties") {
      out.properties = Object.fromEntries(
        Object.entries(v).map(([name, schema]) => [name, compact(schema)]),
      );
    } else if (key === "default" && isZero(v)) continue;
    else if (key === "description" && value.oneOf) continue;
    else out[key] = compact(v);
  }
  return out;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false ||
    (typeof value === "object" && value !== null &&
      Object.keys(value).length === 0);
}

/** Small scalar types are written out where they are used. */
function reference(name: string): Any {
  if (/\.(Time|MicroTime)$/.test(name)) {
    return { type: "string", format: "date-time" };
  }
  if (name.endsWith(".FieldsV1")) {
    return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  }
  if (name.endsWith(".Quantity")) {
    return {
      "x-kubernetes-int-or-string": true,
      anyOf: [{ type: "integer" }, { type: "string" }],
    };
  }
  if (name.endsWith(".RawExtension")) {
    // What is in it is nobody's but the whole of it.
    return {
      "x-kubernetes-map-type": "atomic",
      "x-kubernetes-preserve-unknown-fields": true,
    };
  }
  if (name.endsWith(".JSON")) {
    return { "x-kubernetes-preserve-unknown-fields": true };
  }
  if (name.endsWith(".IntOrString")) {
    return { "x-kubernetes-int-or-string": true };
  }
  if (name.endsWith(".Duration")) return { type: "string" };
  return { $ref: name };
}

/** One document of the server at `base`. */
export async function read(
  base: string,
  path: string,
  token: string,
  accept = "application/json",
): Promise<Any> {
  const response = await fetch(`${base}/${path}`, {
    headers: { authorization: `Bearer ${token}`, accept },
  });
  if (!response.ok) {
    throw new Error(
      `Cannot read ${base}/${path}: ${response.status} ${await response
        .text()}`,
    );
  }
  return await response.json();
}

/**
 * What Go writes of an object of a resource in which nothing is set, beside its metadata, as a bookmark shows it;
 * undefined where that is nothing. `path` is that of the resource.
 */
export async function publishedZero(
  base: string,
  path: string,
  token: string,
): Promise<JsonObject | undefined> {
  const query =
    "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name=none&timeoutSeconds=1";
  const response = await fetch(`${base}/${path}?${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const [line] = (await response.text()).split("\n");
  const { apiVersion: _, kind: __, metadata: ___, ...zero } =
    JSON.parse(line!).object;
  return Object.keys(zero).length > 0 ? zero : undefined;
}

/** The policy that a fresh kube-apiserver ships, without what it filled in. */
export async function publishedPolicy(
  base: string,
  token: string,
): Promise<Required<DefaultPolicy>> {
  const rbac = "rbac.authorization.k8s.io/v1";
  const strip = (object: KubeObject, kind: string): Any => ({
    apiVersion: rbac,
    kind,
    metadata: {
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      labels: object.metadata.labels,
      annotations: object.metadata.annotations,
    },
    ...(object.aggregationRule
      ? { aggregationRule: object.aggregationRule, rules: [] }
      : { rules: object.rules }),
    subjects: object.subjects,
    roleRef: object.roleRef,
  });
  const all = async (resource: string, kind: string) => {
    const { items } = await read(base, `apis/${rbac}/${resource}`, token);
    return items.map((object: KubeObject) => strip(object, kind));
  };
  return {
    clusterRoles: await all("clusterroles", "ClusterRole"),
    clusterRoleBindings: await all("clusterrolebindings", "ClusterRoleBinding"),
    roles: await all("roles", "Role"),
    roleBindings: await all("rolebindings", "RoleBinding"),
  };
}
