import type { Column, ResourceDefinition } from "../types.ts";
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

const NAME: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  jsonPath: ".metadata.name",
};

const AGE: Column = {
  name: "Age",
  type: "date",
  description:
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  jsonPath: ".metadata.creationTimestamp",
};

/** The resources that a CustomResourceDefinition serves, one a version; none before its names are accepted. */
export function servedDefinitions(crd: Crd): ResourceDefinition[] {
  if (conditionOf(crd, "Established")?.status !== "True") return [];
  const storage = crd.spec.versions.find((version) => version.storage);
  return crd.spec.versions.filter((version) => version.served)
    .map((version) => define(crd, version, storage?.name ?? version.name));
}

function define(
  { spec, status }: Crd,
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
    columns: [NAME, ...version.additionalPrinterColumns ?? [AGE]],
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
    generation: true,
  };
}
