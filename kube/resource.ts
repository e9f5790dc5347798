import type { Resource } from "../api/kind.ts";

export type { Resource } from "../api/kind.ts";

/** `group/version`, or the version alone for the core group. */
export function apiVersionOf(r: Pick<Resource, "group" | "version">): string {
  return r.group ? `${r.group}/${r.version}` : r.version;
}

/** Splits an apiVersion into group (empty for the core group) and version. */
export function parseApiVersion(
  apiVersion: string,
): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? { group: "", version: apiVersion } : {
    group: apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
  };
}

/** Names a resource in messages and as a key: `agents.edge.faros.sh/v1alpha1`. */
export function resourceName(r: Resource): string {
  return `${r.plural}${r.group && `.${r.group}`}/${r.version}`;
}

/**
 * The path of a resource, of one object of it, or of a subresource.
 *
 * Without a namespace, that of a namespaced resource is all namespaces'.
 */
export function resourcePath(
  r: Resource,
  of: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const parts = [r.group ? `/apis/${r.group}` : "/api", r.version];
  if (r.namespaced && of.namespace) {
    parts.push("namespaces", encodeURIComponent(of.namespace));
  }
  parts.push(r.plural);
  if (of.name !== undefined) {
    if (!of.name || of.name === "." || of.name === "..") {
      throw new Error(
        `Cannot address a ${r.kind}: ${JSON.stringify(of.name)} is no name`,
      );
    }
    parts.push(encodeURIComponent(of.name));
  }
  if (of.subresource) parts.push(of.subresource);
  return parts.join("/");
}
