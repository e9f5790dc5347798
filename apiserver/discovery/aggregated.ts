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
  const { resource, singular, namespaced, shortNames, categories } = definition;
  const subresources = subresourcesOf(definition).map((sub): JsonObject => ({
    subresource: sub.name,
    responseKind: kindIn(definition, sub),
    verbs: sub.verbs,
  }));
  return {
    resource,
    responseKind: kindIn(definition, definition),
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: verbsOf(definition),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

/** A kind as a resource names it: of built-in ones only what differs from where it stands, as in kube-apiserver. */
function kindIn(
  definition: ResourceDefinition,
  { group, version, kind }: { group: string; version: string; kind: string },
): JsonObject {
  const same = !definition.custom && group === definition.group &&
    version === definition.version;
  return same ? { group: "", version: "", kind } : { group, version, kind };
}
