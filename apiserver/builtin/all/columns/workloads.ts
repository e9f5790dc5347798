import type { Column, KubeObject } from "../../../types.ts";
import { age, NAME, since } from "../../columns.ts";
import type { ColumnContext } from "../../define.ts";
import { humanDuration } from "../../../table/human_duration.ts";
import { labelsText, selectorText } from "../selector_text.ts";
import { column, containerColumns, count, NONE, UNSET } from "./cells.ts";
import { podColumns } from "./pod.ts";

const template = ({ spec }: KubeObject) => spec?.template;
const selector = column("Selector", ({ spec }) => {
  return selectorText(spec?.selector) || NONE;
}, { wide: true });

/** The columns of Pods and of what makes them. */
export function workloadColumns(
  context: ColumnContext,
): Record<string, Column[]> {
  const replicas = [
    NAME,
    count("Desired", ({ spec }) => spec?.replicas),
    count("Current", ({ status }) => status?.replicas),
    count("Ready", ({ status }) => status?.readyReplicas),
    age(context),
    ...containerColumns(template),
    selector,
  ];
  return {
    Pod: podColumns(context),
    PodTemplate: [
      NAME,
      ...containerColumns((object) => object.template, { wide: false }),
      column("Pod Labels", (object) => {
        return labelsText(object.template?.metadata?.labels) || NONE;
      }),
    ],
    ReplicationController: replicas,
    ReplicaSet: replicas,
    Deployment: [
      NAME,
      column("Ready", readyOfDesired),
      column("Up-to-date", ({ status }) => status?.updatedReplicas ?? 0),
      column("Available", ({ status }) => status?.availableReplicas ?? 0),
      age(context),
      ...containerColumns(template),
      selector,
    ],
    StatefulSet: [
      NAME,
      column("Ready", readyOfDesired),
      age(context),
      ...containerColumns(template),
    ],
    DaemonSet: [
      NAME,
      count("Desired", ({ status }) => status?.desiredNumberScheduled),
      count("Current", ({ status }) => status?.currentNumberScheduled),
      count("Ready", ({ status }) => status?.numberReady),
      count("Up-to-date", ({ status }) => status?.updatedNumberScheduled),
      count("Available", ({ status }) => status?.numberAvailable),
      column("Node Selector", (object) => {
        return labelsText(template(object)?.spec?.nodeSelector) || NONE;
      }),
      age(context),
      ...containerColumns(template),
      selector,
    ],
    Job: [
      NAME,
      column("Status", jobStatus),
      column("Completions", completions),
      column("Duration", ({ status }) => {
        if (!status?.startTime) return "";
        const end = status.completionTime
          ? Date.parse(status.completionTime)
          : context.now().getTime();
        return humanDuration(end - Date.parse(status.startTime));
      }),
      age(context),
      ...containerColumns(template),
      selector,
    ],
    CronJob: [
      NAME,
      column("Schedule", ({ spec }) => spec?.schedule),
      column("Timezone", ({ spec }) => spec?.timeZone ?? NONE),
      column("Suspend", ({ spec }) => {
        if (spec?.suspend === undefined) return UNSET;
        return spec.suspend ? "True" : "False";
      }, { type: "boolean" }),
      count("Active", ({ status }) => status?.active?.length),
      column("Last Schedule", ({ status }) => {
        const last = status?.lastScheduleTime;
        return last ? since(last, context.now()) : NONE;
      }),
      age(context),
      ...containerColumns(({ spec }) => spec?.jobTemplate?.spec?.template),
      column("Selector", ({ spec }) => {
        return selectorText(spec?.jobTemplate?.spec?.selector) || NONE;
      }, { wide: true }),
    ],
    ControllerRevision: [
      NAME,
      column("Controller", controller),
      column("Revision", ({ revision }) => revision),
      age(context),
    ],
    PodDisruptionBudget: [
      NAME,
      column(
        "Min Available",
        ({ spec }) => String(spec?.minAvailable ?? "N/A"),
      ),
      column(
        "Max Unavailable",
        ({ spec }) => String(spec?.maxUnavailable ?? "N/A"),
      ),
      count("Allowed Disruptions", ({ status }) => status?.disruptionsAllowed),
      age(context),
    ],
    PriorityClass: [
      NAME,
      count("Value", ({ value }) => value),
      column("Global-Default", (object) => object.globalDefault ?? false, {
        type: "boolean",
      }),
      age(context),
      column("PreemptionPolicy", (object) => object.preemptionPolicy),
    ],
  };
}

function readyOfDesired({ spec, status }: KubeObject): string {
  return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 1}`;
}

function completions({ spec, status }: KubeObject): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobStatus({ metadata, status }: KubeObject): string {
  const is = (type: string) =>
    (status?.conditions ?? []).some((c: KubeObject) =>
      c.type === type && c.status === "True"
    );
  if (is("Complete")) return "Complete";
  if (is("Failed")) return "Failed";
  if (metadata.deletionTimestamp) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(is) ??
    "Running";
}

function controller({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find((o) => o.controller);
  if (!owner) return NONE;
  const [group] = owner.apiVersion.includes("/")
    ? owner.apiVersion.split("/")
    : [""];
  const kind = owner.kind.toLowerCase();
  return `${group ? `${kind}.${group}` : kind}/${owner.name}`;
}
