/**
 * The schema of ObjectMeta, which every object has and which custom resources never spell out.
 *
 * @module
 */
import type { Schema } from "../types.ts";

const text: Schema = { type: "string" };
const time: Schema = { type: "string", format: "date-time" };
const integer: Schema = { type: "integer", format: "int64" };
const texts: Schema = { type: "object", additionalProperties: text };

/** Schema of `metadata` (meta/v1 ObjectMeta), with the merge behaviour of its lists and maps. */
export const objectMetaSchema: Schema = {
  type: "object",
  description:
    "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  properties: {
    annotations: {
      ...texts,
      description:
        "Annotations is an unstructured key value map stored with a resource that may be set by external tools to store and retrieve arbitrary metadata. They are not queryable and should be preserved when modifying objects.",
    },
    creationTimestamp: {
      ...time,
      description:
        "CreationTimestamp is the server time when this object was created. Populated by the system. Read-only.",
    },
    deletionGracePeriodSeconds: {
      ...integer,
      description:
        "Number of seconds allowed for this object to gracefully terminate before it will be removed from the system. Read-only.",
    },
    deletionTimestamp: {
      ...time,
      description:
        "DeletionTimestamp is the time at which this resource will be deleted. Populated by the system when a graceful deletion is requested. Read-only.",
    },
    finalizers: {
      type: "array",
      items: text,
      description:
        "Must be empty before the object is deleted from the registry. Each entry is an identifier for the responsible component that will remove the entry from the list.",
      "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge",
    },
    generateName: {
      ...text,
      description:
        "GenerateName is an optional prefix, used by the server, to generate a unique name ONLY IF the Name field has not been provided.",
    },
    generation: {
      ...integer,
      description:
        "A sequence number representing a specific generation of the desired state. Populated by the system. Read-only.",
    },
    labels: {
      ...texts,
      description:
        "Map of string keys and values that can be used to organize and categorize (scope and select) objects.",
    },
    managedFields: {
      type: "array",
      description:
        "ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow.",
      "x-kubernetes-list-type": "atomic",
      items: {
        type: "object",
        properties: {
          apiVersion: text,
          fieldsType: text,
          fieldsV1: {
            type: "object",
            "x-kubernetes-preserve-unknown-fields": true,
          },
          manager: text,
          operation: text,
          subresource: text,
          time,
        },
      },
    },
    name: {
      ...text,
      description:
        "Name must be unique within a namespace. Is required when creating resources. Cannot be updated.",
    },
    namespace: {
      ...text,
      description:
        "Namespace defines the space within which each name must be unique. Cannot be updated.",
    },
    ownerReferences: {
      type: "array",
      description:
        "List of objects depended by this object. If ALL objects in the list have been deleted, this object will be garbage collected.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "uid",
      items: {
        type: "object",
        required: ["apiVersion", "kind", "name", "uid"],
        "x-kubernetes-map-type": "atomic",
        properties: {
          apiVersion: text,
          blockOwnerDeletion: { type: "boolean" },
          controller: { type: "boolean" },
          kind: text,
          name: text,
          uid: text,
        },
      },
    },
    resourceVersion: {
      ...text,
      description:
        "An opaque value that represents the internal version of this object. Populated by the system. Read-only.",
    },
    selfLink: {
      ...text,
      description:
        "Deprecated: selfLink is a legacy read-only field that is no longer populated by the system.",
    },
    uid: {
      ...text,
      description:
        "UID is the unique in time and space value for this object. Populated by the system. Read-only.",
    },
  },
};
