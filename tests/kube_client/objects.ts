import type { KubeObject } from "../../api/meta.ts";
import type { Resource } from "../../kube/resource.ts";

/** A resource of the core group. */
export const core = (
  plural: string,
  kind: string,
  namespaced = true,
): Resource => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced,
});

export const NAMESPACES = core("namespaces", "Namespace", false);
export const MAPS = core("configmaps", "ConfigMap");

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** A ConfigMap in the namespace `default`. */
export function configMap(
  name: string,
  data?: Record<string, string>,
): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data,
  };
}
