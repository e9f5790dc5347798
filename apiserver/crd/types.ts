/**
 * CustomResourceDefinition as it is stored.
 *
 * @module
 */
import type { Column, KubeObject, ScaleDefinition, Schema } from "../types.ts";

export const GROUP = "apiextensions.k8s.io";
export const RESOURCE = "customresourcedefinitions";
/** Holds a definition until its instances are gone. */
export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/** `spec.names` and `status.acceptedNames`. */
export interface Names {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

/** One of `spec.versions`. */
export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: { status?: object; scale?: ScaleDefinition };
  additionalPrinterColumns?: (Column & { jsonPath: string })[];
  selectableFields?: { jsonPath: string }[];
}

/** A condition of a definition. */
export interface CrdCondition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  lastTransitionTime: string;
}

/** A CustomResourceDefinition. */
export interface Crd extends KubeObject {
  spec: {
    group: string;
    names: Names;
    scope: "Cluster" | "Namespaced";
    versions: CrdVersion[];
    conversion?: {
      strategy: string;
      webhook?: {
        clientConfig?: object;
        conversionReviewVersions?: string[];
      };
    };
    preserveUnknownFields?: boolean;
  };
  status: {
    acceptedNames: Names;
    /** Left out where a client wrote none. */
    conditions?: CrdCondition[];
    storedVersions: string[];
  };
}

/** The condition of a type. */
export function conditionOf(
  crd: KubeObject,
  type: string,
): CrdCondition | undefined {
  const conditions: CrdCondition[] = crd.status?.conditions ?? [];
  return conditions.find((condition) => condition.type === type);
}

/** The conditions with one put in; its time changes only with its status. */
export function withCondition(
  conditions: CrdCondition[] | undefined,
  { type, status, reason, message, now }:
    & Omit<CrdCondition, "lastTransitionTime">
    & { now: string },
): CrdCondition[] {
  const before = conditions?.find((condition) => condition.type === type);
  const next: CrdCondition = {
    lastTransitionTime: before?.status === status
      ? before.lastTransitionTime
      : now,
    message,
    reason,
    status,
    type,
  };
  return before
    ? conditions!.map((c) => c === before ? next : c)
    : [...conditions ?? [], next];
}
