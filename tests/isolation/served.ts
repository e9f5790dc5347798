import type { Ask } from "./http.ts";

/** A resource or subresource, as discovery tells of it. */
export interface Served {
  group: string;
  version: string;
  plural: string;
  /** `status`, `scale`, `token` … */
  subresource?: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
}

interface ResourceList {
  groupVersion: string;
  resources: {
    name: string;
    kind: string;
    namespaced: boolean;
    verbs: string[];
  }[];
}

interface GroupList {
  groups: { versions: { groupVersion: string }[] }[];
}

/** All that a server serves, in all versions. */
export async function servedBy(
  /** Gets a path of the server as JSON. */
  get: (path: string) => Promise<unknown>,
): Promise<Served[]> {
  const { groups } = await get("/apis") as GroupList;
  const paths = [
    "/api/v1",
    ...groups.flatMap(({ versions }) =>
      versions.map(({ groupVersion }) => `/apis/${groupVersion}`)
    ),
  ];
  const lists = await Promise.all(paths.map(get)) as ResourceList[];
  return lists.flatMap(({ groupVersion, resources }) => {
    const [version, group = ""] = groupVersion.split("/").reverse();
    return resources.map(({ name, kind, namespaced, verbs }): Served => {
      const [plural, subresource] = name.split("/") as [string, string?];
      return {
        group,
        version: version!,
        plural,
        ...(subresource ? { subresource } : {}),
        kind,
        namespaced,
        verbs,
      };
    });
  });
}

/** `secrets`, `agents.edge.faros.sh/status` */
export function nameOf({ group, plural, subresource }: Served): string {
  return `${plural}${group && `.${group}`}${
    subresource ? `/${subresource}` : ""
  }`;
}

/** Where something is asked for. */
export interface Address {
  /** Path before `/api`, where there is one. */
  base: string;
  namespace?: string;
  name?: string;
  /** Legacy paths have one. */
  watch?: boolean;
}

/** The path of a resource at an address. */
export function pathOf(served: Served, address: Address): string {
  const { group, version, plural, subresource } = served;
  const { base, namespace, name, watch } = address;
  return [
    group ? `${base}/apis/${group}/${version}` : `${base}/api/${version}`,
    ...watch ? ["watch"] : [],
    ...namespace && served.namespaced ? ["namespaces", namespace] : [],
    plural,
    ...name === undefined ? [] : [name],
    ...subresource && name !== undefined ? [subresource] : [],
  ].join("/");
}

/** `METHOD path`, for messages. */
export function describeAsk({ method, path, headers }: Ask): string {
  const more = Object.entries(headers ?? {})
    .filter(([name]) => !/^content-type$/i.test(name))
    .map(([name, value]) => ` ${name}: ${value}`).join("");
  return `${method} ${path}${more}`;
}
