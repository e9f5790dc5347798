import { Agent } from "../../api/agent.ts";
import type { KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import { isTrue } from "../../kube/conditions.ts";
import { keyOf, runController } from "../../kube/reconciler.ts";
import { applyStatus } from "../../kube/status.ts";
import type { HubContext } from "./context.ts";

/** The least time between two counts of a Repository, in milliseconds. */
const PERIOD = 500;

/** Counts the devices of each Repository's workspaces: `status.devices`. */
export function runRepositoryDevicesController(
  context: HubContext,
): Promise<void> {
  const repositories = context.informers.get<Repository>(Repository);
  const agents = context.informers.get<Agent>(Agent);
  const counted = new Map<string, number>();
  return runController({
    ...context,
    name: "repository-devices",
    reconcile: async ({ name }) => {
      const repository = repositories.get(undefined, name);
      if (!repository || repository.metadata.deletionTimestamp) {
        return void counted.delete(name);
      }
      const now = context.clock.now();
      const wait = (counted.get(name) ?? 0) + PERIOD - now;
      if (wait > 0) return { requeueAfter: wait };
      counted.set(name, now);
      const devices = (repository.status?.workspaces ?? []).flatMap((w) =>
        agents.list(context.provider.open(w.name).namespace)
      );
      await applyStatus(context.client, Repository, repository, {
        devices: {
          total: devices.length,
          converged: devices.filter(isConverged).length,
          offline: devices.filter((agent) =>
            !isTrue(agent.status?.conditions, "Online")
          ).length,
        },
      }, { fieldManager: HUB_MANAGER, signal: context.signal });
    },
    sources: [
      { informer: repositories },
      {
        informer: agents,
        keys: (agent) => {
          const workspace = context.provider.workspaceOf(agent as KubeObject);
          return repositories.list().filter((repository) =>
            repository.status?.workspaces?.some((w) => w.name === workspace)
          ).map(keyOf);
        },
      },
    ],
  });
}

/** Whether an Agent's device runs what the newest state of its inputs asks of it. */
export function isConverged({ metadata, status }: Agent): boolean {
  return status?.observedGeneration === metadata.generation &&
    isTrue(status?.conditions, "Ready") &&
    isTrue(status?.conditions, "UpToDate") &&
    status?.assignment !== undefined &&
    status.revision === status.assignment.revision;
}
