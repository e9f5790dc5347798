import type { ResourceDefinition } from "../types.ts";
import { conditionOf, type Crd, type CrdVersion } from "./types.ts";

const VERBS = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

/** The resources that a CustomResourceDefinition serves, one a version; none before its names are accepted. */
export function servedDefinitions(crd: Crd): ResourceDefinition[] {
  if (conditionOf(crd, "Established")?.status !== "True") return [];
  const storage = crd.spec.versions.find((version) => version.storage);
  return crd.spec.versions.filter((version) => version.served)
    .map((version) => define(crd, version, storage?.name ?? version.name));
}

function define(
  { metadata, spec, status }: Crd,
  version: CrdVersion,
  storageVersion: string,
): ResourceDefinition {
  const names = status.acceptedNames;
  const apiVersion = `${spec.group}/${version.name}`;
  return {
    group: spec.group,
    version: version.name,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === "Namespaced",
    storageVersion,
    verbs: VERBS,
    schema: version.schema?.openAPIV3Schema,
    columns: version.additionalPrinterColumns,
    subresources: {
      status: version.subresources?.status !== undefined,
      scale: version.subresources?.scale,
    },
    selectableFields: version.selectableFields?.map((f) => f.jsonPath),
    ...(version.deprecated
      ? {
        deprecation: version.deprecationWarning ??
          `${apiVersion} ${names.kind} is deprecated`,
      }
      : {}),
    custom: true,
    since: Number(metadata.resourceVersion),
    generation: true,
  };
}
