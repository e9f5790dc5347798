/**
 * The Kubernetes resources that Faros itself touches, as {@linkcode Resource}s.
 *
 * @module
 */
import type { Resource } from "./kind.ts";

const core = (plural: string, kind: string, namespaced = true): Resource => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced,
});
const rbac = (plural: string, kind: string, namespaced = true): Resource => ({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural,
  kind,
  namespaced,
});

export const Namespace: Resource = core("namespaces", "Namespace", false);
export const Secret: Resource = core("secrets", "Secret");
export const ConfigMap: Resource = core("configmaps", "ConfigMap");
export const ServiceAccount: Resource = core(
  "serviceaccounts",
  "ServiceAccount",
);
export const Event: Resource = core("events", "Event");
export const Role: Resource = rbac("roles", "Role");
export const RoleBinding: Resource = rbac("rolebindings", "RoleBinding");
export const ClusterRole: Resource = rbac("clusterroles", "ClusterRole", false);
export const ClusterRoleBinding: Resource = rbac(
  "clusterrolebindings",
  "ClusterRoleBinding",
  false,
);
export const Lease: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
  namespaced: true,
};
export const CustomResourceDefinition: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};
