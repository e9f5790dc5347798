import type { KubeObject, Strategy } from "../../types.ts";
import { certificateSigningRequest } from "./certificate_signing_request.ts";
import { pod } from "./pod.ts";

/** What kinds do beyond their schema, by kind. */
export function strategies(): Record<string, Strategy> {
  return {
    CertificateSigningRequest: certificateSigningRequest,
    Pod: pod,
    PersistentVolume: { prepareForCreate: pending },
    PersistentVolumeClaim: { prepareForCreate: pending },
    Node: {
      fields: (node) => ({
        "spec.unschedulable": String(node.spec?.unschedulable ?? false),
      }),
    },
    Job: {
      fields: (job) => ({
        "status.successful": String(job.status?.succeeded ?? 0),
      }),
    },
    ReplicaSet: { fields: replicas },
    ReplicationController: { fields: replicas },
    Service: {
      fields: (service) => ({
        "spec.clusterIP": service.spec?.clusterIP ?? "",
        "spec.type": service.spec?.type ?? "",
      }),
    },
  };
}

function pending(object: KubeObject): void {
  object.status = { phase: "Pending" };
}

function replicas(object: KubeObject): Record<string, string> {
  return { "status.replicas": String(object.status?.replicas ?? 0) };
}
