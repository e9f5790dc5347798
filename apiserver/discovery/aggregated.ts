import type { JsonObject, ResourceDefinition } from "../types.ts";
import { type Group, subresourcesOf, verbsOf } from "./groups.ts";

/** Media type of aggregated discovery. */
export const AGGREGATED =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Everything that is served, in one document (apidiscovery.k8s.io/v2). */
export function aggregatedDiscovery(groups: Group[]): JsonObject {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name ? { name } : {},
      versions: versions.map(({ version, resources }) => ({
        version,
        resources: resources.map(describe),
        freshness: "Current",
      })),
    })),
  };
}

function describe(definition: ResourceDefinition): JsonObject {
  const { group, version, kind, resource, singular, namespaced } = definition;
  const { shortNames, categories } = definition;
  const subresources = subresourcesOf(definition).map((sub): JsonObject => ({
    subresource: sub.name,
    responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
    verbs: sub.verbs,
  }));
  return {
    resource,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: verbsOf(definition),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}
