import type { Column, KubeObject } from "../../../types.ts";
import { age, NAME, since } from "../../columns.ts";
import type { ColumnContext } from "../../define.ts";
import { column, NONE } from "./cells.ts";

interface State {
  running?: unknown;
  waiting?: { reason?: string };
  terminated?: {
    exitCode?: number;
    signal?: number;
    reason?: string;
    finishedAt?: string;
  };
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  started?: boolean;
  restartCount?: number;
  state?: State;
  lastState?: State;
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
}

/** What a pod's containers add up to. */
interface Summary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  /** When a container last restarted. */
  last?: string;
}

/** The columns of Pods. */
export function podColumns(context: ColumnContext): Column[] {
  const cached = new WeakMap<KubeObject, Summary>();
  const of = (pod: KubeObject) => {
    let summary = cached.get(pod);
    if (!summary) cached.set(pod, summary = summarize(pod));
    return summary;
  };
  return [
    NAME,
    column("Ready", (pod) => `${of(pod).ready}/${of(pod).total}`),
    column("Status", (pod) => of(pod).reason),
    column("Restarts", (pod) => {
      const { restarts, last } = of(pod);
      return restarts > 0 && last
        ? `${restarts} (${since(last, context.now())} ago)`
        : String(restarts);
    }),
    age(context),
    column("IP", ({ status }) => status?.podIPs?.[0]?.ip || NONE, {
      wide: true,
    }),
    column("Node", ({ spec }) => spec?.nodeName || NONE, { wide: true }),
    column(
      "Nominated Node",
      ({ status }) => status?.nominatedNodeName || NONE,
      {
        wide: true,
      },
    ),
    column("Readiness Gates", readinessGates, { wide: true }),
  ];
}

function readinessGates({ spec, status }: KubeObject): string {
  const gates: { conditionType: string }[] = spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const open = gates.filter(({ conditionType }) =>
    isTrue(status?.conditions, conditionType)
  );
  return `${open.length}/${gates.length}`;
}

function isTrue(conditions: Condition[] | undefined, type: string): boolean {
  return conditions?.find((c) => c.type === type)?.status === "True";
}

function later(a: string | undefined, b: string | undefined) {
  return a && b ? (a > b ? a : b) : a ?? b;
}

/** Why a container ended. */
function endOf({ reason, signal, exitCode = 0 }: NonNullable<
  State["terminated"]
>): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function summarize(pod: KubeObject): Summary {
  const { spec = {}, status = {}, metadata } = pod;
  const conditions: Condition[] = status.conditions ?? [];
  const scheduled = conditions.find((c) =>
    c.type === "PodScheduled" && c.reason === "SchedulingGated"
  );
  const init = initContainers(pod);
  const summary: Summary = {
    ready: init.ready,
    total: (spec.containers?.length ?? 0) + init.restartable,
    reason: scheduled?.reason ?? (status.reason || status.phase || ""),
    restarts: init.restarts,
    last: init.last,
  };
  if (init.reason) summary.reason = init.reason;
  if (!init.reason || isTrue(conditions, "Initialized")) {
    summary.restarts = init.restartableRestarts;
    summary.last = init.restartableLast;
    addContainers(summary, pod);
  }
  if (metadata.deletionTimestamp) {
    if (status.reason === "NodeLost") summary.reason = "Unknown";
    else if (!["Succeeded", "Failed"].includes(status.phase)) {
      summary.reason = "Terminating";
    }
  }
  return summary;
}

function initContainers({ spec = {}, status = {} }: KubeObject) {
  const always = new Set<string>(
    (spec.initContainers ?? [])
      .filter((c: KubeObject) => c.restartPolicy === "Always")
      .map((c: KubeObject) => c.name as unknown as string),
  );
  const found = {
    restartable: always.size,
    ready: 0,
    restarts: 0,
    last: undefined as string | undefined,
    restartableRestarts: 0,
    restartableLast: undefined as string | undefined,
    /** Why the pod is not initialized yet. */
    reason: "",
  };
  const statuses: ContainerStatus[] = status.initContainerStatuses ?? [];
  for (const [index, container] of statuses.entries()) {
    const { state = {}, restartCount = 0 } = container;
    const finished = container.lastState?.terminated?.finishedAt;
    found.restarts += restartCount;
    found.last = later(found.last, finished);
    if (always.has(container.name)) {
      found.restartableRestarts += restartCount;
      found.restartableLast = later(found.restartableLast, finished);
    }
    if (state.terminated && !state.terminated.exitCode) continue;
    if (always.has(container.name) && container.started) {
      if (container.ready) found.ready++;
      continue;
    }
    const waiting = state.waiting?.reason;
    if (state.terminated) found.reason = `Init:${endOf(state.terminated)}`;
    else if (waiting && waiting !== "PodInitializing") {
      found.reason = `Init:${waiting}`;
    } else {
      found.reason = `Init:${index}/${spec.initContainers?.length ?? 0}`;
    }
    break;
  }
  return found;
}

function addContainers(summary: Summary, { status = {} }: KubeObject): void {
  const statuses: ContainerStatus[] = status.containerStatuses ?? [];
  let running = false;
  let failure = "";
  for (const container of statuses.toReversed()) {
    const { state = {}, restartCount = 0 } = container;
    summary.restarts += restartCount;
    summary.last = later(
      summary.last,
      container.lastState?.terminated?.finishedAt,
    );
    if (state.waiting?.reason) summary.reason = state.waiting.reason;
    else if (state.terminated) {
      summary.reason = endOf(state.terminated);
      if (state.terminated.exitCode) failure = summary.reason;
    } else if (container.ready && state.running) {
      running = true;
      summary.ready++;
    }
  }
  // A container has ended well, others may go on or have failed.
  if (summary.reason !== "Completed") return;
  if (running && isTrue(status.conditions, "Ready")) summary.reason = "Running";
  else if (failure) summary.reason = failure;
  else if (running) summary.reason = "NotReady";
}
