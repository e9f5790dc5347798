import { ConfigMap } from "../../api/core.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import type { WorkspaceAccess } from "../../kube/mod.ts";
import {
  type ApplySet,
  APPLYSET_ID_LABEL,
  REPOSITORY_ANNOTATION,
  TOOLING_ANNOTATION,
} from "../plan/apply_set.ts";
import type { LiveObject } from "../plan/plan.ts";

/**
 * Ids of the apply sets, among those that objects are members of, that nobody
 * keeps any more: other sets of this Repository, from which objects moved here,
 * and those of Repositories that were deleted. The parent of a set tells.
 */
export async function freeSets(
  live: readonly LiveObject[],
  options: {
    set: ApplySet;
    access: WorkspaceAccess;
    others?: ReadonlyMap<string, string>;
    signal?: AbortSignal;
  },
): Promise<Set<string>> {
  const { set, others, access, signal } = options;
  const unknown = new Set<string>();
  for (const { object } of live) {
    const id = object.metadata.labels?.[APPLYSET_LABEL];
    if (id && id !== set.id && !others?.has(id)) unknown.add(id);
  }
  const free = new Set<string>();
  for (const id of unknown) {
    const { items } = await access.client.list(ConfigMap, {
      namespace: set.namespace,
      labelSelector: `${APPLYSET_ID_LABEL}=${id}`,
      signal,
    });
    // Another existing Repository's is among `others`.
    const ours = items.some(({ metadata: { annotations } }) =>
      annotations?.[TOOLING_ANNOTATION]?.startsWith("faros/") &&
      annotations[REPOSITORY_ANNOTATION] !== undefined
    );
    if (ours) free.add(id);
  }
  return free;
}
