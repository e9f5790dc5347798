/**
 * The kind CustomResourceDefinition itself.
 *
 * @module
 */
import type {
  Column,
  KubeObject,
  ResourceDefinition,
  Strategy,
} from "../types.ts";
import { CREATED_AT, NAME } from "../builtin/columns.ts";
import { zeroValue } from "../builtin/zero_value.ts";
import { timestamp } from "../registry/metadata.ts";
import { crdSchema } from "./schema.ts";
import {
  CLEANUP_FINALIZER,
  conditionOf,
  type Crd,
  GROUP,
  RESOURCE,
  withCondition,
} from "./types.ts";
import { schemaWarnings } from "./schema_warnings.ts";
import { validateCrd } from "./validate.ts";

function fillIn(object: KubeObject) {
  const { spec } = object as Crd;
  const names = spec?.names;
  if (names?.kind) {
    names.singular ||= names.kind.toLowerCase();
    names.listKind ||= `${names.kind}List`;
  }
  if (spec) spec.conversion ??= { strategy: "None" };
}

function storageVersion(object: KubeObject): string[] {
  const { spec } = object as Crd;
  // As on kube-apiserver, the first that is marked counts.
  return spec?.versions?.filter((v) => v.storage).slice(0, 1)
    .map((v) => v.name) ?? [];
}

function strategy(now: () => Date): Strategy {
  return {
    prepareForCreate(object) {
      fillIn(object);
      object.status = {
        acceptedNames: { kind: "", plural: "" },
        conditions: [],
        storedVersions: storageVersion(object),
      };
    },
    prepareForUpdate(object, old) {
      fillIn(object);
      const stored: string[] = old.status?.storedVersions ?? [];
      const added = storageVersion(object).filter((v) => !stored.includes(v));
      if (added.length === 0) return;
      object.status = { ...old.status, storedVersions: [...stored, ...added] };
    },
    validate: validateCrd,
    admit(object, old, { warn }) {
      for (const text of schemaWarnings(object as Crd, old as Crd)) {
        warn?.(text);
      }
    },
    prepareForDelete(object) {
      const { metadata } = object;
      if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) {
        metadata.finalizers = [
          ...metadata.finalizers ?? [],
          CLEANUP_FINALIZER,
        ];
      }
      object.status = {
        ...object.status,
        conditions: withCondition(object.status?.conditions ?? [], {
          type: "Terminating",
          status: "True",
          reason: "InstanceDeletionPending",
          message: "CustomResourceDefinition marked for deletion",
          now: timestamp(now()),
        }),
      };
    },
  };
}

// A bookmark is printed as well, and has no spec.
const COLUMNS: Column[] = [
  NAME,
  {
    name: "Scope",
    type: "string",
    description: "Whether instances live in namespaces.",
    value: (object) => object.spec?.scope ?? "",
  },
  {
    name: "Versions",
    type: "string",
    description:
      "Versions that are served; the one objects are stored in is marked.",
    value: (object) =>
      ((object as Crd).spec?.versions ?? [])
        .filter((v) => v.served || v.storage)
        .map((v) => v.storage ? `${v.name}(storage)` : v.name).join(","),
  },
  CREATED_AT,
  {
    name: "Group",
    type: "string",
    description: "The group of what it defines.",
    priority: 1,
    value: (object) => object.spec?.group ?? "",
  },
  {
    name: "Kind",
    type: "string",
    description: "The kind of what it defines.",
    priority: 1,
    value: (object) => object.spec?.names.kind ?? "",
  },
  {
    name: "ShortNames",
    type: "string",
    description: "Short names of what it defines.",
    priority: 1,
    value: (object) => (object.spec?.names.shortNames ?? []).join(","),
  },
  {
    name: "Established",
    type: "boolean",
    description: "Whether it is served.",
    priority: 1,
    value: (object) => conditionOf(object, "Established")?.status === "True",
  },
];

/** The definition of CustomResourceDefinition. */
export function crdDefinition(
  { now }: { now: () => Date },
): ResourceDefinition {
  return {
    group: GROUP,
    version: "v1",
    resource: RESOURCE,
    singular: "customresourcedefinition",
    kind: "CustomResourceDefinition",
    listKind: "CustomResourceDefinitionList",
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    namespaced: false,
    storageVersion: "v1",
    verbs: [
      "create",
      "delete",
      "deletecollection",
      "get",
      "list",
      "patch",
      "update",
      "watch",
    ],
    schema: crdSchema,
    zero: zeroValue({ group: GROUP, resource: RESOURCE }),
    columns: COLUMNS,
    subresources: { status: true },
    strategy: strategy(now),
    custom: false,
    generation: true,
  };
}
