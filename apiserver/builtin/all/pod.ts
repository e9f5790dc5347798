import type { KubeObject, Strategy } from "../../types.ts";

interface Container {
  resources?: {
    limits?: Record<string, unknown>;
    requests?: Record<string, unknown>;
  };
}

/** What Pods do beyond their schema: as no scheduler or kubelet is here, they stay Pending unless somebody says otherwise. */
export const pod: Strategy = {
  prepareForCreate(pod) {
    pod.status = { phase: "Pending", qosClass: qosClass(pod) };
  },
  fields: ({ spec, status }) => ({
    "spec.nodeName": spec?.nodeName ?? "",
    "spec.restartPolicy": spec?.restartPolicy ?? "",
    "spec.schedulerName": spec?.schedulerName ?? "",
    "spec.serviceAccountName": spec?.serviceAccountName ?? "",
    "spec.hostNetwork": String(spec?.hostNetwork ?? false),
    "status.phase": status?.phase ?? "",
    "status.podIP": status?.podIP ?? "",
    "status.nominatedNodeName": status?.nominatedNodeName ?? "",
  }),
};

/** Guaranteed where every container's cpu and memory are limited to what they request, BestEffort where none says anything. */
function qosClass({ spec }: KubeObject): string {
  const containers: Container[] = [
    ...spec?.initContainers ?? [],
    ...spec?.containers ?? [],
  ];
  const names = ["cpu", "memory"];
  const says = ({ resources }: Container) =>
    names.some((name) =>
      resources?.limits?.[name] !== undefined ||
      resources?.requests?.[name] !== undefined
    );
  if (!containers.some(says)) return "BestEffort";
  const guaranteed = ({ resources }: Container) =>
    names.every((name) => {
      const limit = resources?.limits?.[name];
      const request = resources?.requests?.[name] ?? limit;
      return limit !== undefined && String(request) === String(limit);
    });
  return containers.every(guaranteed) ? "Guaranteed" : "Burstable";
}
