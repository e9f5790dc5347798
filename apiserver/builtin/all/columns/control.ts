import type { Column, KubeObject } from "../../../types.ts";
import { age, NAME, since } from "../../columns.ts";
import type { ColumnContext } from "../../define.ts";
import { column, NONE } from "./cells.ts";

/** The columns of what the control plane itself is made of, and of devices. */
export function controlColumns(
  context: ColumnContext,
): Record<string, Column[]> {
  const taint = (name: string, field: string) =>
    column(name, ({ spec }) => spec?.taint?.[field]);
  const spec = (name: string, field: string) =>
    column(name, (object) => object.spec?.[field]);
  return {
    APIService: [
      NAME,
      column("Service", ({ spec }) => {
        const { namespace, name } = spec?.service ?? {};
        return name ? `${namespace ?? ""}/${name}` : "Local";
      }),
      column("Available", available),
      age(context),
    ],
    DeviceTaintRule: [
      NAME,
      taint("Key", "key"),
      taint("Value", "value"),
      taint("Effect", "effect"),
      column("TimeAdded", ({ spec }) => {
        const { timeAdded } = spec?.taint ?? {};
        return timeAdded && since(timeAdded, context.now());
      }),
      age(context),
    ],
    FlowSchema: [
      NAME,
      column(
        "PriorityLevel",
        ({ spec }) => spec?.priorityLevelConfiguration?.name,
      ),
      column("MatchingPrecedence", ({ spec }) => spec?.matchingPrecedence ?? 0),
      column(
        "DistinguisherMethod",
        ({ spec }) => spec?.distinguisherMethod?.type ?? NONE,
      ),
      age(context),
      column("MissingPL", (object) => {
        return conditionOf(object, "Dangling")?.status ?? "?";
      }),
    ],
    PodCertificateRequest: [
      NAME,
      spec("PodName", "podName"),
      spec("ServiceAccountName", "serviceAccountName"),
      spec("NodeName", "nodeName"),
      spec("SignerName", "signerName"),
      column(
        "State",
        (object) =>
          ["Issued", "Denied", "Failed"].find((type) =>
            conditionOf(object, type)?.status === "True"
          ) ?? "Pending",
      ),
      column("UnverifiedUserAnnotations", ({ spec }) => {
        const entries = Object.entries(spec?.unverifiedUserAnnotations ?? {});
        return entries.sort(([a], [b]) => a < b ? -1 : 1)
          .map(([key, value]) => `${key}=${value}`).join(",") || NONE;
      }),
    ],
    PriorityLevelConfiguration: [
      NAME,
      spec("Type", "type"),
      column("NominalConcurrencyShares", ({ spec }) => {
        return spec?.limited?.nominalConcurrencyShares ?? NONE;
      }),
      queuing("Queues", "queues"),
      queuing("HandSize", "handSize"),
      queuing("QueueLengthLimit", "queueLengthLimit"),
      age(context),
    ],
    ResourceClaim: [NAME, column("State", claimState), age(context)],
    StorageVersionMigration: [
      NAME,
      column("Resource", ({ spec }) => {
        const { group, resource } = spec?.resource ?? {};
        return group ? `${resource}.${group}` : resource;
      }),
      column(
        "Status",
        (object) =>
          ["Succeeded", "Failed", "Running"].find((type) =>
            conditionOf(object, type)?.status === "True"
          ) ?? "Unknown",
      ),
    ],
  };
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
}

function conditionOf({ status }: KubeObject, type: string) {
  const conditions: Condition[] = status?.conditions ?? [];
  return conditions.find((condition) => condition.type === type);
}

function available(object: KubeObject): string {
  const { status = "Unknown", reason } = conditionOf(object, "Available") ?? {};
  return status !== "True" && reason ? `${status} (${reason})` : status;
}

function queuing(name: string, field: string): Column {
  return column(
    name,
    ({ spec }) => spec?.limited?.limitResponse?.queuing?.[field] ?? NONE,
  );
}

function claimState({ metadata, status }: KubeObject): string {
  const states = metadata.deletionTimestamp ? ["deleted"] : [];
  if (status?.allocation) {
    states.push("allocated");
    if (status.reservedFor?.length) states.push("reserved");
  } else if (!metadata.deletionTimestamp) states.push("pending");
  return states.join(",");
}
