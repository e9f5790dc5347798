import { Agent } from "../../api/agent.ts";
import { Workspace } from "../../api/workspace.ts";
import { isSuspended } from "../../gitops/plan/tombstone.ts";
import type { ObjectPair } from "./load_fleet.ts";
import type { DeviceChange } from "./preview_result.ts";

/**
 * Those that go and left their repository before: they are suspended, by
 * themselves or with their Workspace, and a sync has nothing left to do.
 */
export function leftBefore(
  changed: readonly ObjectPair[],
): ReadonlySet<ObjectPair> {
  const going = changed.filter(({ after }) => !after);
  const whole = new Set(
    going.filter(({ before }) =>
      before!.kind === Workspace.kind && isSuspended(before!)
    ).map(({ workspace }) => workspace),
  );
  return new Set(
    going.filter(({ before, workspace }) =>
      isSuspended(before!) || workspace !== undefined && whole.has(workspace)
    ),
  );
}

/** Changes of devices but for those whose Agents left before. */
export function withoutLeft(
  changes: readonly DeviceChange[],
  left: ReadonlySet<ObjectPair>,
): DeviceChange[] {
  const gone = new Set(
    [...left].filter(({ before }) => before!.kind === Agent.kind)
      .map(({ workspace, before }) => `${workspace}/${before!.metadata.name}`),
  );
  return changes.flatMap((change) => {
    if (change.change !== "remove") return [change];
    const agents = change.agents.filter((name) =>
      !gone.has(`${change.workspace}/${name}`)
    );
    return agents.length ? [{ ...change, agents }] : [];
  });
}
