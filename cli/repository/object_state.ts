import type { KubeObject } from "../../api/meta.ts";
import { isSuspended } from "../../gitops/plan/tombstone.ts";
import { getCondition } from "../../kube/conditions.ts";

interface Conditioned extends KubeObject {
  status?: {
    conditions?: Parameters<typeof getCondition>[0];
  };
}

/** How an object stands in a few words, by its conditions (kstatus). */
export function objectState(object: KubeObject): string {
  if (object.metadata.deletionTimestamp) return "Terminating";
  // It left its repository, and is deleted when its time is over.
  if (isSuspended(object)) return "Suspended";
  const { conditions } = (object as Conditioned).status ?? {};
  for (const type of ["Stalled", "Reconciling"]) {
    const condition = getCondition(conditions, type);
    if (condition?.status === "True") return `${type}: ${condition.reason}`;
  }
  const ready = getCondition(conditions, "Ready");
  if (!ready) return "Applied";
  return ready.status === "True" ? "Ready" : `NotReady: ${ready.reason}`;
}
