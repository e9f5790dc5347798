import { isObject } from "../../is_object.ts";
import type { Json, JsonObject, KubeObject, StoredAs } from "../../types.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
/** What only v2 has, which v1 carries in annotations (`metrics`, `behavior`, …) so that a round trip keeps it. */
const CARRIED = {
  spec: { metrics: "metrics", behavior: "behavior" },
  status: { currentMetrics: "current-metrics", conditions: "conditions" },
} as const;

/** How a version of a built-in kind is stored, where that is not as it is served: autoscaling/v1 as v2. */
export function storage(
  group: string,
  version: string,
): { storageVersion: string; storedAs?: StoredAs } {
  if (group !== "autoscaling" || version !== "v1") {
    return { storageVersion: version };
  }
  const resource = "horizontalpodautoscalers";
  return {
    storageVersion: "v2",
    storedAs: { group, resource, decode: toV1, encode: toV2 },
  };
}

/** `spec.targetCPUUtilizationPercentage` as the metric that v2 has for it, and the same of what is measured. */
function cpuMetric(which: "target" | "current", percent: number): JsonObject {
  const value = which === "target"
    ? { type: "Utilization", averageUtilization: percent }
    : { averageUtilization: percent };
  return { type: "Resource", resource: { name: "cpu", [which]: value } };
}

/** Takes the first CPU utilization out of `metrics`. */
function takeCpu(
  metrics: KubeObject[],
  which: "target" | "current",
): { percent?: number; rest: KubeObject[] } {
  const index = metrics.findIndex(({ type, resource }) =>
    type === "Resource" && resource?.name === "cpu" &&
    resource[which]?.averageUtilization !== undefined
  );
  if (index < 0) return { rest: metrics };
  return {
    percent: metrics[index]!.resource[which].averageUtilization,
    rest: metrics.toSpliced(index, 1),
  };
}

function toV1(stored: KubeObject): KubeObject {
  const object = structuredClone(stored);
  const annotations = { ...object.metadata.annotations };
  const carry = (part: "spec" | "status", field: string, name: string) => {
    const value = object[part]?.[field];
    if (value === undefined) return;
    delete object[part][field];
    if (!Array.isArray(value) || value.length > 0) {
      annotations[PREFIX + name] = JSON.stringify(value);
    }
  };
  const { spec, status } = object;
  const target = takeCpu(spec?.metrics ?? [], "target");
  if (spec?.metrics) spec.metrics = target.rest;
  const current = takeCpu(status?.currentMetrics ?? [], "current");
  if (status?.currentMetrics) status.currentMetrics = current.rest;
  for (const part of ["spec", "status"] as const) {
    for (const [field, name] of Object.entries(CARRIED[part])) {
      carry(part, field, name);
    }
  }
  if (target.percent !== undefined) {
    spec.targetCPUUtilizationPercentage = target.percent;
  }
  if (current.percent !== undefined) {
    status.currentCPUUtilizationPercentage = current.percent;
  }
  if (Object.keys(annotations).length > 0) {
    object.metadata.annotations = annotations;
  }
  return object;
}

/** What an annotation carries; nothing where it was written by hand and is something else. */
function carried(text: string, field: string): Json | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (field === "behavior") return isObject(value) ? value : undefined;
  return Array.isArray(value) && value.every(isObject) ? value : undefined;
}

function toV2(served: KubeObject): KubeObject {
  const object = structuredClone(served);
  const annotations = { ...object.metadata.annotations };
  for (const part of ["spec", "status"] as const) {
    for (const [field, name] of Object.entries(CARRIED[part])) {
      const text = annotations[PREFIX + name];
      if (text === undefined) continue;
      delete annotations[PREFIX + name];
      const value = carried(text, field);
      if (value !== undefined) (object[part] ??= {})[field] = value;
    }
  }
  const { spec, status } = object;
  const target = spec?.targetCPUUtilizationPercentage;
  if (target !== undefined) {
    delete spec.targetCPUUtilizationPercentage;
    spec.metrics = [cpuMetric("target", target), ...spec.metrics ?? []];
  }
  const current = status?.currentCPUUtilizationPercentage;
  if (current !== undefined) {
    delete status.currentCPUUtilizationPercentage;
    status.currentMetrics = [
      cpuMetric("current", current),
      ...status.currentMetrics ?? [],
    ];
  }
  if (Object.keys(annotations).length > 0) {
    object.metadata.annotations = annotations;
  } else delete object.metadata.annotations;
  return object;
}
