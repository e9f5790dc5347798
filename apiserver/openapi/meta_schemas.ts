/**
 * Schemas of the meta types that every document refers to.
 *
 * @module
 */
import { objectMetaSchema } from "../schema/object_meta.ts";
import type { JsonObject } from "../types.ts";

/** Prefix of the names of meta types. */
export const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** A reference to a schema of the same document. */
export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** A reference that keeps a description beside it. */
export function describedRef(name: string, description: string): JsonObject {
  return { description, allOf: [ref(name)] };
}

const API_VERSION =
  "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
const KIND =
  "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

/** `apiVersion` and `kind`. */
export const typeMeta: JsonObject = {
  apiVersion: { description: API_VERSION, type: "string" },
  kind: { description: KIND, type: "string" },
};

const text = { type: "string" };

function objectMeta(): JsonObject {
  const {
    creationTimestamp,
    deletionTimestamp,
    managedFields,
    ownerReferences,
  } = objectMetaSchema.properties as Record<string, { description: string }>;
  return {
    description:
      "ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.",
    type: "object",
    properties: {
      ...objectMetaSchema.properties as unknown as JsonObject,
      creationTimestamp: describedRef(
        `${META}Time`,
        creationTimestamp!.description,
      ),
      deletionTimestamp: describedRef(
        `${META}Time`,
        deletionTimestamp!.description,
      ),
      managedFields: {
        ...managedFields as unknown as JsonObject,
        items: ref(`${META}ManagedFieldsEntry`),
      },
      ownerReferences: {
        ...ownerReferences as unknown as JsonObject,
        items: ref(`${META}OwnerReference`),
      },
    },
  };
}

function entry(field: "ownerReferences" | "managedFields"): JsonObject {
  return objectMetaSchema.properties![field]!.items as unknown as JsonObject;
}

const optionKinds = [{ group: "", kind: "DeleteOptions", version: "v1" }];

/** The meta types by their full names. */
export const metaSchemas: Record<string, JsonObject> = Object.fromEntries(
  Object.entries<JsonObject>({
    APIResourceList: {
      description:
        "APIResourceList is a list of APIResource, it is used to expose the name of the resources supported in a specific group and version, and if the resource is namespaced.",
      type: "object",
      properties: {
        ...typeMeta,
        groupVersion: text,
        resources: { type: "array", items: { type: "object" } },
      },
    },
    DeleteOptions: {
      description: "DeleteOptions may be provided when deleting an API object.",
      type: "object",
      properties: {
        ...typeMeta,
        dryRun: {
          type: "array",
          items: text,
          "x-kubernetes-list-type": "atomic",
        },
        gracePeriodSeconds: { type: "integer", format: "int64" },
        orphanDependents: { type: "boolean" },
        preconditions: { allOf: [ref(`${META}Preconditions`)] },
        propagationPolicy: text,
      },
      "x-kubernetes-group-version-kind": optionKinds,
    },
    FieldsV1: {
      description:
        "FieldsV1 stores a set of fields in a data structure like a Trie, in JSON format.",
      type: "object",
    },
    ListMeta: {
      description:
        "ListMeta describes metadata that synthetic resources must have, including lists and various status objects.",
      type: "object",
      properties: {
        continue: text,
        remainingItemCount: { type: "integer", format: "int64" },
        resourceVersion: text,
        selfLink: text,
      },
    },
    ManagedFieldsEntry: {
      ...entry("managedFields"),
      description:
        "ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the resource that the fieldset applies to.",
    },
    ObjectMeta: objectMeta(),
    OwnerReference: {
      ...entry("ownerReferences"),
      description:
        "OwnerReference contains enough information to let you identify an owning object. An owning object must be in the same namespace as the dependent, or be cluster-scoped, so there is no namespace field.",
    },
    Patch: {
      description:
        "Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.",
      type: "object",
    },
    Preconditions: {
      description:
        "Preconditions must be fulfilled before an operation (update, delete, etc.) is carried out.",
      type: "object",
      properties: { resourceVersion: text, uid: text },
    },
    Status: {
      description:
        "Status is a return value for calls that don't return other objects.",
      type: "object",
      properties: {
        ...typeMeta,
        code: { type: "integer", format: "int32" },
        details: { allOf: [ref(`${META}StatusDetails`)] },
        message: text,
        metadata: { allOf: [ref(`${META}ListMeta`)] },
        reason: text,
        status: text,
      },
      "x-kubernetes-group-version-kind": [{
        group: "",
        kind: "Status",
        version: "v1",
      }],
    },
    StatusCause: {
      description:
        "StatusCause provides more information about an api.Status failure, including cases when multiple errors are encountered.",
      type: "object",
      properties: { field: text, message: text, reason: text },
    },
    StatusDetails: {
      description:
        "StatusDetails is a set of additional properties that MAY be set by the server to provide additional information about a response.",
      type: "object",
      properties: {
        causes: {
          type: "array",
          items: ref(`${META}StatusCause`),
          "x-kubernetes-list-type": "atomic",
        },
        group: text,
        kind: text,
        name: text,
        retryAfterSeconds: { type: "integer", format: "int32" },
        uid: text,
      },
    },
    Time: {
      description:
        "Time is a wrapper around time.Time which supports correct marshaling to YAML and JSON.",
      type: "string",
      format: "date-time",
    },
  }).map(([name, schema]) => [META + name, schema]),
);
