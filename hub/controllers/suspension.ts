import type { KubeObject } from "../../api/meta.ts";
import { DELETE_AFTER_ANNOTATION } from "../../api/names.ts";
import type { Agent } from "../../api/agent.ts";
import type { Workspace } from "../../api/workspace.ts";

/**
 * When an Agent is to be deleted, since it or its Workspace left its
 * repository; undefined where it did not. Until then its device keeps what it
 * runs, and who it is.
 */
export function suspendedUntil(
  agent: Agent,
  workspace: Workspace | undefined,
): string | undefined {
  return deleteAfter(agent) ?? (workspace && deleteAfter(workspace));
}

/** Whether the time of an object's deletion has changed. */
export function isOtherwiseSuspended(object: KubeObject, old?: KubeObject) {
  return deleteAfter(object) !== (old && deleteAfter(old));
}

function deleteAfter({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[DELETE_AFTER_ANNOTATION];
}
