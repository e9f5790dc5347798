import type { KubeObject } from "../api/meta.ts";
import type { Resource } from "../api/kind.ts";

/** Leases of `coordination.k8s.io/v1`. */
export const LEASES: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
};

/** A Lease: who holds something, and since when they were last heard of. */
export interface Lease extends KubeObject {
  spec?: {
    /** Empty where nobody holds it. */
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    /** MicroTime. */
    acquireTime?: string;
    /** MicroTime. */
    renewTime?: string;
    /** How often it has changed hands. */
    leaseTransitions?: number;
  };
}
