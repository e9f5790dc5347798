import { Agent } from "../../api/agent.ts";
import type { Resource } from "../../api/kind.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Workspace } from "../../api/workspace.ts";
import { isSuspended } from "../../gitops/plan/tombstone.ts";
import { isConverged } from "../../hub/controllers/repository_devices.ts";
import { getCondition, isTrue } from "../../kube/conditions.ts";

/** A device, as far as an object of a repository concerns it. */
export interface DeviceState {
  name: string;
  workspace: string;
  /** Runs what the newest state of its inputs asks of it. */
  converged: boolean;
  online: boolean;
  /** Revision that it runs. */
  revision?: string;
  /** Commit that led to what the hub assigned to it last. */
  commit?: string;
  /** Why it is not converged. */
  reason?: string;
  /** Its Agent left the repository: a commit asks nothing of it, and no count has it. */
  suspended?: true;
}

/**
 * The devices that an object reaches: an Agent's own; of a plugin object those
 * whose Agents name it; of a Workspace all in it; but of these two none whose
 * Agent is suspended. Undefined for kinds of which that cannot be told.
 *
 * @param agents Those of its workspace
 */
export function devicesOf(
  { resource, object }: { resource: Resource; object: KubeObject },
  agents: readonly Agent[],
): DeviceState[] | undefined {
  const { name } = object.metadata;
  const is = (kind: Resource) =>
    resource.kind === kind.kind && resource.group === kind.group;
  if (is(Agent)) {
    return agents.filter((agent) => agent.metadata.name === name)
      .map(deviceState);
  }
  const asked = agents.filter((agent) => !isSuspended(agent));
  if (is(Workspace)) return asked.map(deviceState);
  if (!resource.namespaced) return undefined;
  const ofPlugins = pluginObjectKinds.some(is);
  const found = asked.filter(({ spec, status }) =>
    spec?.plugins?.some((entry) => {
      if (entry.name !== name) return false;
      if (entry.kind !== undefined) return entry.kind === resource.kind;
      // Of a kind that a plugin brings, the device tells which it took it for.
      return ofPlugins ||
        status?.plugins?.some((state) =>
          state.name === name && state.kind === resource.kind
        );
    })
  );
  return ofPlugins || found.length ? found.map(deviceState) : undefined;
}

/** How the device of an Agent stands. */
export function deviceState(agent: Agent): DeviceState {
  const { metadata, status } = agent;
  const converged = isConverged(agent);
  const online = isTrue(status?.conditions, "Online");
  return {
    name: metadata.name,
    workspace: metadata.namespace ?? "",
    converged,
    online,
    ...(status?.revision ? { revision: status.revision } : {}),
    ...(status?.assignment?.commit ? { commit: status.assignment.commit } : {}),
    ...(converged ? {} : { reason: whyNot(agent) }),
    ...(isSuspended(agent) ? { suspended: true } : {}),
  };
}

function whyNot({ status }: Agent): string {
  const { conditions } = status ?? {};
  if (!status?.enrollment) return "no device has joined as it";
  for (const type of ["Ready", "UpToDate"] as const) {
    const condition = getCondition(conditions, type);
    if (condition && condition.status !== "True") return condition.reason;
  }
  return isTrue(conditions, "Online") ? "on its way" : "offline";
}
