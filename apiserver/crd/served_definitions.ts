import { compareVersions } from "../discovery/groups.ts";
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
    .map((version) => define(crd, version, storage ?? version));
}

function define(
  { metadata, spec, status }: Crd,
  version: CrdVersion,
  storage: CrdVersion,
): ResourceDefinition {
  const names = status.acceptedNames;
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
    storageVersion: storage.name,
    ...(storage === version
      ? {}
      : { storageSchema: storage.schema?.openAPIV3Schema }),
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
          deprecation(spec, { version: version.name, kind: names.kind }),
      }
      : {}),
    custom: true,
    since: Number(metadata.resourceVersion),
    generation: true,
  };
}

/** The warning of a deprecated version: names the newest one that is not deprecated. */
function deprecation(
  { group, versions }: Crd["spec"],
  { version, kind }: { version: string; kind: string },
): string {
  const warning = `${group}/${version} ${kind} is deprecated`;
  const [newest] = versions
    .filter(({ served, deprecated }) => served && !deprecated)
    .map(({ name }) => name).sort(compareVersions);
  return newest && compareVersions(newest, version) < 0
    ? `${warning}; use ${group}/${newest} ${kind}`
    : warning;
}
