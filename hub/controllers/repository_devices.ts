import { Agent } from "../../api/agent.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  APPLYSET_LABEL,
  HUB_MANAGER,
  SYSTEM_NAMESPACE,
} from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import { Workspace } from "../../api/workspace.ts";
import { applySet } from "../../gitops/plan/apply_set.ts";
import { isTrue } from "../../kube/conditions.ts";
import { type Key, keyOf, runController } from "../../kube/reconciler.ts";
import { applyStatus } from "../../kube/status.ts";
import type { HubContext } from "./context.ts";
import { isOtherwiseSuspended, suspendedUntil } from "./suspension.ts";

/** The least time between two counts of a Repository, in milliseconds. */
const PERIOD = 500;

/** Counts the devices of each Repository's workspaces: `status.devices`. */
export function runRepositoryDevicesController(
  context: HubContext,
): Promise<void> {
  const repositories = context.informers.get<Repository>(Repository);
  const agents = context.informers.get<Agent>(Agent);
  const workspaces = context.informers.get<Workspace>(Workspace);
  /** Repositories by the ids of the sets of their Workspaces. */
  const known = new Map<string, Key>();
  const workspacesOf = async (repository: string): Promise<string> => {
    const namespace = SYSTEM_NAMESPACE;
    const { id } = await applySet({ repository, namespace, of: "workspaces" });
    known.set(id, { name: repository });
    return id;
  };
  const repositoriesOf = ({ metadata }: Workspace): Key[] => {
    const id = metadata.labels?.[APPLYSET_LABEL];
    if (!id) return [];
    const repository = known.get(id);
    return repository ? [repository] : repositories.list().map(keyOf);
  };
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
      const id = await workspacesOf(name);
      const devices = workspaces.list()
        .filter((w) => w.metadata.labels?.[APPLYSET_LABEL] === id)
        .flatMap((w) =>
          agents.list(context.provider.open(w.metadata.name).namespace)
            // Of those that left it, a commit asks nothing.
            .filter((agent) => suspendedUntil(agent, w) === undefined)
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
        informer: workspaces,
        keys: repositoriesOf,
        filter: ({ type, object, old }) =>
          type !== "updated" || isOtherwiseSuspended(object, old) ||
          object.metadata.labels?.[APPLYSET_LABEL] !==
            old?.metadata.labels?.[APPLYSET_LABEL],
      },
      {
        informer: agents,
        keys: (agent) => {
          const workspace = context.provider.workspaceOf(agent as KubeObject);
          const found = workspace && workspaces.get(undefined, workspace);
          return found ? repositoriesOf(found) : [];
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
