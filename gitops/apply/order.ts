import type { Resource } from "../../api/kind.ts";

/** Earlier stages first; deletion goes the other way. */
const STAGES: readonly ((resource: Resource) => boolean)[] = [
  (r) => r.kind === "Namespace" || r.kind === "Workspace",
  (r) => r.kind === "CustomResourceDefinition",
  (r) =>
    ["ServiceAccount", "Secret", "ConfigMap", "Role", "ClusterRole", "Plugin"]
      .includes(r.kind),
  (r) => ["RoleBinding", "ClusterRoleBinding", "Registration"].includes(r.kind),
  (r) => r.group !== "edge.faros.sh" && r.group !== "gitops.faros.sh",
  (r) => r.kind !== "Repository",
];

/** In which order kinds depend on each other: a smaller number goes first. */
export function stageOf(resource: Resource): number {
  const stage = STAGES.findIndex((isIn) => isIn(resource));
  return stage < 0 ? STAGES.length : stage;
}

/** Items by stage, in the order of stages. */
export function byStage<T>(
  items: readonly T[],
  resourceOf: (item: T) => Resource,
): T[][] {
  const stages: T[][] = [];
  for (const item of items) {
    const stage = stageOf(resourceOf(item));
    (stages[stage] ??= []).push(item);
  }
  return stages.filter(Boolean);
}
