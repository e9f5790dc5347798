import { Agent } from "../../api/agent.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import { isNotFound, type WorkspaceAccess } from "../../kube/mod.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { ApplySet } from "../plan/apply_set.ts";
import type { LiveObject } from "../plan/plan.ts";
import { readLive } from "./read_live.ts";

/**
 * What is in a Workspace that its removal would take along: members of its
 * apply set, and all Agents, whoever made them.
 */
export async function workspaceContent(
  access: WorkspaceAccess,
  options: { set?: ApplySet; signal?: AbortSignal },
): Promise<LiveObject[]> {
  const { client, namespace } = access;
  const { set, signal } = options;
  const content = new Map<string, LiveObject>();
  if (set) {
    const { live } = await readLive(set, { access, resources: [], signal });
    for (const item of live) {
      if (item.object.metadata.labels?.[APPLYSET_LABEL] !== set.id) continue;
      content.set(objectKey(item.object), item);
    }
  }
  try {
    const { items } = await client.listAll(Agent, { namespace, signal });
    for (const object of items) {
      content.set(objectKey(object), { resource: Agent, object });
    }
  } catch (error) {
    // There is no such place.
    if (!isNotFound(error)) throw error;
  }
  return [...content.values()];
}
