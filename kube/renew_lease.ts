import type { OwnerReference } from "../api/meta.ts";
import type { KubeClient } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { formatMicroTime } from "./conditions.ts";
import { isAlreadyExists, isNotFound } from "./kube_api_error.ts";
import { type Lease, LEASES } from "./lease.ts";

/** Options of {@linkcode renewLease}. */
export interface RenewLeaseOptions {
  client: KubeClient;
  namespace: string;
  /** Of the Lease. */
  name: string;
  /** Who is here. */
  identity: string;
  /** Seconds without a renewal after which they count as gone. @default {40} */
  leaseDurationSeconds?: number;
  /** Of a Lease that is created. */
  ownerReferences?: OwnerReference[];
  /** Of a Lease that is created. */
  labels?: Record<string, string>;
  clock?: Clock;
  signal?: AbortSignal;
}

/**
 * Says "I am here": sets a Lease's renewTime, creating it where it is not
 * there. What nodes do in `kube-node-lease`.
 *
 * Nobody else is expected to write that Lease: this asks nobody.
 */
export async function renewLease(options: RenewLeaseOptions): Promise<Lease> {
  const { client, namespace, name, signal } = options;
  const { clock = systemClock, leaseDurationSeconds = 40 } = options;
  const spec: Lease["spec"] = {
    holderIdentity: options.identity,
    leaseDurationSeconds,
    renewTime: formatMicroTime(clock.now()),
  };
  const patch = () =>
    client.patch<Lease>(LEASES, name, { spec }, {
      type: "merge",
      namespace,
      signal,
    });
  try {
    return await patch();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    return await client.create<Lease>(LEASES, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace,
        labels: options.labels,
        ownerReferences: options.ownerReferences,
      },
      spec: { ...spec, acquireTime: spec.renewTime },
    }, { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return await patch();
  }
}
