import { Agent } from "../../api/agent.ts";
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { DELETE_AFTER_ANNOTATION } from "../../api/names.ts";

/**
 * When an object that left its repository is to be deleted, in milliseconds
 * since 1970; none where it is not suspended. A time that cannot be read has
 * passed: what is not suspended any more is judged anew.
 */
export function deleteAfter({ metadata }: KubeObject): number | undefined {
  const text = metadata.annotations?.[DELETE_AFTER_ANNOTATION];
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** Whether an object has the annotation of a suspended one, whatever it says. */
export function isSuspended({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[DELETE_AFTER_ANNOTATION] !== undefined;
}

/** Whether it is a device that deletion would take its identity from. */
export function isAgent(resource: Pick<Resource, "group" | "kind">): boolean {
  return resource.group === Agent.group && resource.kind === Agent.kind;
}
