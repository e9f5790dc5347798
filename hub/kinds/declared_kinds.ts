/**
 * Which kinds workspaces ask for by the plugins that they enable. Pure.
 *
 * @module
 */
import { compareVersions, validateStrict } from "compare-versions";
import type { CustomResourceDefinition } from "../../api/generate/crd.ts";
import { pluginKindDefinition } from "../../api/generate/plugin_kind_definition.ts";
import type { Plugin, PluginVersion } from "../../api/plugin.ts";
import type { Workspace } from "../../api/workspace.ts";
import { enabledPlugins } from "../resolve/enabled_plugins.ts";
import { newestVersion } from "../resolve/newest_version.ts";

/** The version of a Plugin whose kinds a Workspace gets: the one that it names, else the newest. */
export function versionFor(
  { metadata, spec }: Plugin,
  workspace: Workspace,
): PluginVersion | undefined {
  const entry = enabledPlugins(workspace)
    .find(({ name }) => name === metadata.name);
  if (!entry) return undefined;
  return entry.version === undefined
    ? newestVersion(spec.versions)
    : spec.versions.find(({ version }) => version === entry.version);
}

/**
 * The kinds to install for a Plugin. All workspaces share one definition of a kind: that of the newest version which
 * any of them uses.
 */
export function wantedKinds(
  plugin: Plugin,
  workspaces: readonly Workspace[],
): CustomResourceDefinition[] {
  const used = new Set(
    workspaces.map((workspace) => versionFor(plugin, workspace))
      .filter((version) => version !== undefined),
  );
  const wanted = new Map<string, CustomResourceDefinition>();
  for (const { kinds = [] } of [...used].sort(olderFirst)) {
    for (const kind of kinds) {
      const definition = pluginKindDefinition(kind);
      wanted.set(definition.metadata.name, definition);
    }
  }
  return [...wanted.values()];
}

/** What is no semantic version comes before all that are. */
function olderFirst(a: PluginVersion, b: PluginVersion): number {
  const [left, right] = [a, b].map(({ version }) => validateStrict(version));
  return left && right
    ? compareVersions(a.version, b.version)
    : Number(left) - Number(right);
}
