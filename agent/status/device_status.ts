import type { Agent, PluginState } from "../../api/agent.ts";
import type { Device } from "../../api/device.ts";
import type { Condition } from "../../api/meta.ts";
import { type ConditionInput, setCondition } from "../../kube/conditions.ts";
import type { Report } from "../reconcile/reconciler.ts";

/** Most characters of a condition's message: the API refuses the whole status for one that is eight times as long. */
const MAX_MESSAGE = 4096;

/** What {@linkcode deviceStatus} puts together. */
export interface DeviceFacts {
  report: Report;
  plugins: PluginState[];
  device: Device;
  /** Whether the agent is about to end. */
  stopping?: boolean;
  /** Conditions that stood before. */
  conditions?: readonly Condition[];
  /** Milliseconds since 1970. */
  now: number;
}

/** The device's part of an Agent's status. */
export function deviceStatus(facts: DeviceFacts): NonNullable<Agent["status"]> {
  const { report, plugins, device, conditions, now } = facts;
  const own = conditions?.filter(({ type }) =>
    type === "UpToDate" || type === "Degraded"
  );
  return JSON.parse(JSON.stringify({
    revision: report.revision,
    counter: report.assignment?.counter,
    plugins,
    device,
    conditions: [upToDate(facts), degraded(facts)].reduce(
      (all, condition) =>
        setCondition(all, {
          ...condition,
          message: condition.message?.slice(0, MAX_MESSAGE),
        }, now),
      own as Condition[] | undefined,
    ),
  }));
}

function upToDate(
  { report, plugins, stopping }: DeviceFacts,
): ConditionInput {
  const { assignment, rejected, failed, problem, revision } = report;
  const say = (
    status: ConditionInput["status"],
    reason: string,
    message: string,
  ) => ({ type: "UpToDate", status, reason, message });
  if (stopping) {
    return say("Unknown", "AgentStopped", "The agent was told to stop");
  }
  if (rejected) return say("False", "AssignmentRejected", rejected);
  if (!assignment) {
    return say("Unknown", "NoAssignment", "The hub has not assigned anything");
  }
  if (failed) return say("False", failed.reason, failed.message);
  if (problem) return say("False", problem.reason, problem.message);
  if (revision !== assignment.revision) {
    return say("False", "Staging", `Staging revision ${assignment.revision}`);
  }
  const waiting = plugins.filter(({ phase }) => phase !== "Running");
  if (waiting.length) {
    const names = waiting.map(({ kind, name, phase }) =>
      `${kind}/${name} is ${phase}`
    );
    return say("False", "PluginsNotRunning", names.join("; "));
  }
  return say("True", "Converged", `Runs revision ${revision}`);
}

function degraded({ report, plugins }: DeviceFacts): ConditionInput {
  const bad = plugins.filter(({ phase }) =>
    phase === "BackOff" || phase === "Failed"
  );
  const type = "Degraded";
  if (report.failed) {
    return {
      type,
      status: "True",
      reason: report.failed.reason,
      message: report.failed.message,
    };
  }
  if (bad.length) {
    const messages = bad.map(({ kind, name, phase, message }) =>
      `${kind}/${name} is ${phase}: ${message}`
    );
    return {
      type,
      status: "True",
      reason: "PluginUnhealthy",
      message: messages.join("; "),
    };
  }
  return {
    type,
    status: "False",
    reason: "AsExpected",
    message: "Nothing is wrong",
  };
}
