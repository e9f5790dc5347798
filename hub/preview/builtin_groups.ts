import type { Manifests } from "../../gitops/manifest/load_tree.ts";

/** API groups of Kubernetes' own that the API server serves only where it is asked to serve all. */
const RARE =
  /^(apps|batch|autoscaling|policy|node|networking\.k8s\.io|storage\.k8s\.io|scheduling\.k8s\.io|resource\.k8s\.io|flowcontrol\.apiserver\.k8s\.io|admissionregistration\.k8s\.io|certificates\.k8s\.io|discovery\.k8s\.io|apiregistration\.k8s\.io|internal\.apiserver\.k8s\.io|storagemigration\.k8s\.io)$/;
/** Kinds of the core group that it serves only then. */
const RARE_CORE =
  /^(Pod|PodTemplate|Service|Endpoints|Node|PersistentVolume|PersistentVolumeClaim|ReplicationController|LimitRange|ComponentStatus)$/;

/** `group/Kind` of all manifests. */
export function groupsOf(states: Manifests[]): Set<string> {
  const found = new Set<string>();
  for (const { root, workspaces } of states) {
    for (const { manifests } of [root, ...workspaces.values()]) {
      for (const { object: { apiVersion, kind } } of manifests) {
        const slash = apiVersion.indexOf("/");
        found.add(`${slash < 0 ? "" : apiVersion.slice(0, slash)}/${kind}`);
      }
    }
  }
  return found;
}

/** Whether some kind is one of Kubernetes' own that only a cluster with nodes has use for. */
export function needsAllBuiltins(kinds: Iterable<string>): boolean {
  for (const name of kinds) {
    const [group = "", kind = ""] = name.split("/");
    if (group ? RARE.test(group) : RARE_CORE.test(kind)) return true;
  }
  return false;
}
