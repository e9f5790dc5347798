import type { Column, JsonObject, KubeObject } from "../../../types.ts";
import { age, NAME } from "../../columns.ts";
import type { ColumnContext } from "../../define.ts";
import { humanDuration } from "../../../table/human_duration.ts";
import { atMost, column, count, NONE, UNSET } from "./cells.ts";

const ROLE = "node-role.kubernetes.io/";

/** The columns of Nodes, autoscalers, certificates, admission and resources. */
export function clusterColumns(
  context: ColumnContext,
): Record<string, Column[]> {
  const withWebhooks = [
    NAME,
    count("Webhooks", ({ webhooks }) => webhooks?.length),
    age(context),
  ];
  const policy = (name: string, of: "validations" | "mutations") => [
    NAME,
    count(name, ({ spec }) => spec?.[of]?.length),
    column("ParamKind", ({ spec }) => {
      const kind = spec?.paramKind;
      return kind ? `${kind.apiVersion}/${kind.kind}` : UNSET;
    }),
    age(context),
  ];
  const binding = [
    NAME,
    column("PolicyName", ({ spec }) => spec?.policyName),
    column("ParamRef", ({ spec }) => {
      const of = spec?.paramRef;
      return of?.name ? `${of.namespace || "*"}/${of.name}` : UNSET;
    }),
    age(context),
  ];
  return {
    Node: [
      NAME,
      column("Status", nodeStatus),
      column("Roles", (node) => roles(node) || NONE),
      age(context),
      column("Version", ({ status }) => status?.nodeInfo?.kubeletVersion),
      ...["Internal", "External"].map((which) =>
        column(`${which}-IP`, ({ status }) => {
          const found = status?.addresses?.find((a: { type: string }) =>
            a.type === `${which}IP`
          );
          return found?.address ?? NONE;
        }, { wide: true })
      ),
      nodeInfo("OS-Image", ({ osImage }) => osImage),
      nodeInfo("Kernel-Version", ({ kernelVersion, architecture }) => {
        const version = kernelVersion || "<unknown>";
        return architecture ? `${version} (${architecture})` : version;
      }),
      nodeInfo("Container-Runtime", (info) => info.containerRuntimeVersion),
    ],
    HorizontalPodAutoscaler: [
      NAME,
      column("Reference", ({ spec }) => {
        const of = spec?.scaleTargetRef;
        return `${of?.kind ?? ""}/${of?.name ?? ""}`;
      }),
      column("Targets", targets),
      column("MinPods", ({ spec }) => String(spec?.minReplicas ?? UNSET)),
      column("MaxPods", ({ spec }) => spec?.maxReplicas ?? 0),
      column("Replicas", ({ status }) => status?.currentReplicas ?? 0),
      age(context),
    ],
    CertificateSigningRequest: [
      NAME,
      age(context),
      column("SignerName", ({ spec }) => spec?.signerName || NONE),
      column("Requestor", ({ spec }) => spec?.username),
      column("RequestedDuration", ({ spec }) => {
        const seconds = spec?.expirationSeconds;
        return seconds ? humanDuration(seconds * 1000) : NONE;
      }),
      column("Condition", certificateStatus),
    ],
    ClusterTrustBundle: [
      NAME,
      column("SignerName", ({ spec }) => spec?.signerName || NONE),
    ],
    RuntimeClass: [
      NAME,
      column("Handler", ({ handler }) => handler),
      age(context),
    ],
    MutatingWebhookConfiguration: withWebhooks,
    ValidatingWebhookConfiguration: withWebhooks,
    ValidatingAdmissionPolicy: policy("Validations", "validations"),
    MutatingAdmissionPolicy: policy("Mutations", "mutations"),
    ValidatingAdmissionPolicyBinding: binding,
    MutatingAdmissionPolicyBinding: binding,
    DeviceClass: [NAME, age(context)],
    ResourceClaimTemplate: [NAME, age(context)],
    ResourceSlice: [
      NAME,
      column("Node", ({ spec }) => spec?.nodeName),
      column("Driver", ({ spec }) => spec?.driver),
      column("Pool", ({ spec }) => spec?.pool?.name),
      age(context),
    ],
    ComponentStatus: [
      NAME,
      ...["Status", "Message", "Error"].map((name) => column(name, () => "")),
    ],
  };
}

function nodeInfo(
  name: string,
  value: (info: Record<string, string>) => string | undefined,
): Column {
  return column(name, ({ status }) => {
    return value(status?.nodeInfo ?? {}) || "<unknown>";
  }, { wide: true });
}

function nodeStatus({ spec, status }: KubeObject): string {
  const ready = status?.conditions?.find((c: { type: string }) =>
    c.type === "Ready"
  );
  const state = ready
    ? (ready.status === "True" ? "Ready" : "NotReady")
    : "Unknown";
  return spec?.unschedulable ? `${state},SchedulingDisabled` : state;
}

function roles({ metadata }: KubeObject): string {
  const labels = metadata.labels ?? {};
  const found = Object.keys(labels).filter((key) => key.startsWith(ROLE))
    .map((key) => key.slice(ROLE.length)).filter(Boolean);
  const old = labels["kubernetes.io/role"];
  return [...new Set(old ? [...found, old] : found)].sort().join(",");
}

function certificateStatus({ status }: KubeObject): string {
  const has = (type: string) =>
    status?.conditions?.some((c: { type: string }) => c.type === type);
  return [
    has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending",
    ...has("Failed") ? ["Failed"] : [],
    ...status?.certificate ? ["Issued"] : [],
  ].join(",");
}

/** The part of a metric that depends on its type. */
const SOURCES: Record<string, string> = {
  External: "external",
  Pods: "pods",
  Object: "object",
  Resource: "resource",
  ContainerResource: "containerResource",
};

function targets({ spec, status }: KubeObject): string {
  const metrics: KubeObject[] = spec?.metrics ?? [];
  if (metrics.length === 0) return NONE;
  const texts = metrics.map((metric, index) => {
    const source = SOURCES[metric.type as unknown as string];
    if (!source) return "<unknown type>";
    const current = status?.currentMetrics?.[index]?.[source]?.current ?? {};
    return metricText(metric[source], current);
  });
  return atMost(2, texts, { separator: ", " });
}

function metricText(
  { name, target = {} }: { name?: string; target?: JsonObject },
  current: JsonObject,
): string {
  const unknown = "<unknown>";
  const head = name ? `${name}: ` : "";
  if (target.averageValue !== undefined) {
    const average = name || target.type !== "AverageValue" ? "" : " (avg)";
    return `${head}${
      current.averageValue ?? unknown
    }/${target.averageValue}${average}`;
  }
  if (!name) return `${current.value ?? unknown}/${target.value}`;
  const percent = (of: unknown, otherwise: string) =>
    of === undefined ? otherwise : `${of}%`;
  return `${head}${percent(current.averageUtilization, unknown)}/${
    percent(target.averageUtilization, "<auto>")
  }`;
}
