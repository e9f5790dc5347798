/**
 * The server under test, and what it says that it serves.
 *
 * @module
 */
import type { PublishedSchema } from "./values.ts";

/** One resource with its schema. */
export interface FuzzResource {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  subresources: string[];
  schema?: PublishedSchema;
}

/** Where requests go, and who sends them. */
export interface Address {
  url: string;
  hostname: string;
  port: number;
  caData: string;
  token: string;
}

/** A server to send generated requests to. */
export interface Target extends Address {
  resources: FuzzResource[];
  resolve(reference: string): PublishedSchema | undefined;
}

/** Path of a resource's collection. */
export function collectionPath(
  { group, version, resource }: FuzzResource,
  namespace?: string,
): string {
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return namespace === undefined
    ? `${root}/${resource}`
    : `${root}/namespaces/${namespace}/${resource}`;
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

/** Reads discovery and OpenAPI of a server. */
export async function discover(address: Address): Promise<Target> {
  using client = Deno.createHttpClient({ caCerts: [address.caData] });
  const get = async (path: string) => {
    const response = await fetch(address.url + path, {
      client,
      headers: { authorization: `Bearer ${address.token}` },
    });
    if (!response.ok) throw new Error(`GET ${path}: ${await response.text()}`);
    return await response.json();
  };
  const schemas: Record<string, PublishedSchema> = {};
  const resources: FuzzResource[] = [];
  const { groups } = await get("/apis");
  const versions: [string, string][] = [["", "v1"]];
  for (const group of groups) {
    for (const { version } of group.versions) {
      versions.push([group.name, version]);
    }
  }
  for (const [group, version] of versions) {
    const root = group ? `apis/${group}/${version}` : `api/${version}`;
    const listed: ApiResource[] = (await get(`/${root}`)).resources;
    const { components } = await get(`/openapi/v3/${root}`);
    Object.assign(schemas, components.schemas);
    const byKind = new Map<string, PublishedSchema>();
    for (const schema of Object.values<PublishedSchema>(components.schemas)) {
      const kinds = schema["x-kubernetes-group-version-kind"];
      for (const gvk of Array.isArray(kinds) ? kinds : []) {
        if (gvk.group === group && gvk.version === version) {
          byKind.set(gvk.kind, schema);
        }
      }
    }
    for (const { name, kind, namespaced, verbs } of listed) {
      if (name.includes("/")) continue;
      resources.push({
        group,
        version,
        resource: name,
        kind,
        namespaced,
        verbs,
        subresources: listed.filter((each) => each.name.startsWith(`${name}/`))
          .map((each) => each.name.slice(name.length + 1)),
        schema: byKind.get(kind),
      });
    }
  }
  return {
    ...address,
    resources,
    resolve: (reference) =>
      schemas[reference.slice("#/components/schemas/".length)],
  };
}
