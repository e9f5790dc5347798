/**
 * Object metadata and conditions: the parts that all Kubernetes objects share.
 *
 * @module
 */
import { z } from "zod";

/** A reference to the object that owns another. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  /** RFC 3339. */
  time?: string;
  fieldsType: "FieldsV1";
  fieldsV1: Record<string, unknown>;
  subresource?: string;
}

/** Kubernetes ObjectMeta. What the server fills in is optional, since manifests lack it. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  managedFields?: ManagedFieldsEntry[];
}

/** Any Kubernetes object. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A list answer of the Kubernetes API. */
export interface KubeList<T extends KubeObject = KubeObject> {
  apiVersion: string;
  kind: string;
  metadata: {
    resourceVersion?: string;
    continue?: string;
    remainingItemCount?: number;
  };
  items: T[];
}

/** A status condition (meta/v1 Condition). */
export const Condition = z.strictObject({
  type: z.string().min(1).max(316).describe("What is said to be so"),
  status: z.enum(["True", "False", "Unknown"]),
  observedGeneration: z.int().min(0).optional().describe(
    "metadata.generation that this was said of",
  ),
  lastTransitionTime: z.iso.datetime().describe(
    "When status changed last",
  ),
  reason: z.string().min(1).max(1024).describe("CamelCase, for programs"),
  message: z.string().max(32768).describe("For people"),
});
export type Condition = z.infer<typeof Condition>;

/** `status.conditions`: a list-map by type, so that hub and device write their own. */
export const Conditions = z.array(Condition).meta({
  description:
    "What is so right now: Ready, and while they are True, Reconciling and Stalled",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
});

/** A DNS-1123 label: names of workspaces and agents. */
export const DnsLabel = z.string().min(1).max(63).regex(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  "must be lower-case letters, digits and '-', starting and ending with a letter or digit",
);

/** A DNS-1123 subdomain: names of most objects. */
export const DnsSubdomain = z.string().min(1).max(253).regex(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  "must be lower-case letters, digits, '-' and '.', starting and ending with a letter or digit",
);

/** A duration as Go writes it: `90s`, `1h30m`. */
export const Duration = z.string().regex(
  /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/,
  "must be a duration such as 30s, 5m or 1h30m",
);

/** `metadata` as people write it in manifests. */
export const ManifestMeta = z.strictObject({
  name: DnsSubdomain,
  namespace: DnsLabel.optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
});
