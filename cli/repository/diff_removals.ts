import { APPLYSET_LABEL } from "../../api/names.ts";
import { workspaceContent } from "../../gitops/apply/workspace_content.ts";
import {
  contentOfAll,
  type PrunePolicy,
} from "../../gitops/apply/prune_set.ts";
import { type ApplySet, applySet } from "../../gitops/plan/apply_set.ts";
import type { LiveObject, Plan, Removal } from "../../gitops/plan/plan.ts";
import { decidePrune, type HeldPrune } from "../../gitops/plan/prune.ts";
import type { KubeClient } from "../../kube/client.ts";

/** Options of {@linkcode diffRemovals}. */
export interface DiffRemovalsOptions {
  live: readonly LiveObject[];
  set: ApplySet;
  repository: string;
  /** Has the objects of all workspaces, each in the namespace of its name. */
  all: KubeClient;
  of: "root" | "workspaces" | "workspace";
  workspace?: string;
  policy: PrunePolicy;
  signal?: AbortSignal;
}

/** What a sync would take out of an apply set, by the code that decides it. */
export async function diffRemovals(
  steps: Pick<Plan, "create" | "delete">,
  options: DiffRemovalsOptions,
): Promise<{
  /** To be deleted or suspended, those included that wait for approval. */
  removed: Removal[];
  /** How many were suspended before, and have time left. */
  suspended: number;
  held: HeldPrune[];
}> {
  const { live, set, of, workspace, policy, all, repository, signal } = options;
  const contentOf = async (namespace: string) =>
    await workspaceContent({ client: all, namespace }, {
      set: await applySet({ repository, namespace, of: "workspace" }),
      signal,
    });
  const decision = decidePrune({
    ...policy,
    removals: steps.delete,
    members: [
      ...live.filter(({ object }) =>
        object.metadata.labels?.[APPLYSET_LABEL] === set.id
      ),
      ...steps.create.map(({ manifest, object }) => ({
        resource: manifest.resource,
        object,
      })),
    ],
    workspace,
    setId: set.id,
    ...(of === "workspaces"
      ? { content: await contentOfAll(steps.delete, contentOf) }
      : {}),
    isApproved: () => false,
    now: Date.now(),
  });
  const held: HeldPrune[] = [];
  for (const item of decision.held) {
    if (!await policy.isApproved(item)) held.push(item);
  }
  const waiting = new Set(decision.waiting);
  return {
    removed: steps.delete.filter((removal) => !waiting.has(removal)),
    suspended: waiting.size,
    held,
  };
}
