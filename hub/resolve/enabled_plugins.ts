import type { Workspace } from "../../api/workspace.ts";

/** An entry of a Workspace's `spec.plugins`. */
export type EnabledPlugin = NonNullable<
  NonNullable<Workspace["spec"]>["plugins"]
>[number];

/** The plugins that a Workspace enables. */
export function enabledPlugins({ spec }: Workspace): EnabledPlugin[] {
  return (spec?.plugins ?? []).filter(({ enabled }) => enabled !== false);
}
