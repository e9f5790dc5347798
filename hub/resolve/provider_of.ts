/**
 * Which plugin of the catalogue serves a plugin object.
 *
 * @module
 */
import { stringify } from "yaml";
import {
  describePermission,
  refusedPermission,
} from "../../api/kubernetes_permission.ts";
import type { Plugin, PluginVersion, Provides } from "../../api/plugin.ts";
import type { Permissions } from "../../api/plugin_entry.ts";
import type { Workspace } from "../../api/workspace.ts";
import { type EnabledPlugin, enabledPlugins } from "./enabled_plugins.ts";
import { newestVersion } from "./newest_version.ts";
import { mergePermissions, missingPermissions } from "./permissions.ts";
import { Problem } from "./problem.ts";

/** What of a plugin object says which plugin serves it: a type of one of Faros's kinds, or the group of a plugin's own. */
export type Wanted = Provides;

/** What serves a plugin object. */
export interface Provider {
  plugin: Plugin;
  version: PluginVersion;
}

/** What {@linkcode providerOf} chooses from. */
export interface ProviderChoice {
  workspace: Workspace;
  /** The catalogue, by name. */
  plugin(name: string): Plugin | undefined;
  /** All of it, to say what could be enabled. */
  catalogue(): Plugin[];
  /** Version that is asked for; else the workspace's, else the newest. */
  version?: string;
}

/**
 * The plugin that serves such objects: enabled in the workspace,
 * and granted what it needs.
 *
 * @throws Problem ArtifactUnavailable, AmbiguousPlugin, VersionNotFound, PermissionNotAllowed or PermissionNotGranted
 */
export function providerOf(
  object: Wanted,
  choice: ProviderChoice,
): Provider {
  const { entry, ...provider } = enabledProvider(object, choice);
  checkGrant(choice.workspace, entry, provider);
  return provider;
}

/**
 * The plugin that serves such objects, whether or not the workspace grants what
 * it needs.
 *
 * @throws Problem ArtifactUnavailable, AmbiguousPlugin or VersionNotFound
 */
export function enabledProvider(
  object: Wanted,
  choice: ProviderChoice,
): Provider & { entry: EnabledPlugin } {
  const { workspace } = choice;
  const found = enabledPlugins(workspace).flatMap((entry) => {
    const plugin = choice.plugin(entry.name);
    return plugin && provides(plugin, object) ? [{ entry, plugin }] : [];
  });
  if (found.length > 1) {
    throw new Problem(
      "AmbiguousPlugin",
      `Workspace ${workspace.metadata.name} enables several plugins that provide ${
        describe(object)
      }: ${
        found.map(({ plugin }) => plugin.metadata.name).join(", ")
      }; take all but one out of its spec.plugins`,
    );
  }
  const [only] = found;
  if (!only) throw unavailable(object, choice);
  const version = chooseVersion(only.plugin, object, {
    wanted: choice.version ?? only.entry.version,
  });
  return { ...only, version };
}

function provides(
  plugin: { spec: { versions: PluginVersion[] } },
  object: Wanted,
): boolean {
  return plugin.spec.versions.some((version) => serves(version, object));
}

function serves(
  version: PluginVersion,
  object: Wanted,
): boolean {
  return version.runs !== "hub" &&
    version.provides.some((p) =>
      p.kind === object.kind && p.type === object.type &&
      p.group === object.group
    );
}

function unavailable(
  object: Wanted,
  { workspace, catalogue, plugin }: ProviderChoice,
): Problem {
  const { name } = workspace.metadata;
  const candidates = catalogue().filter((p) => provides(p, object));
  const absent = enabledPlugins(workspace)
    .filter((entry) => !plugin(entry.name)).map((entry) => entry.name);
  const what = `no plugin that is enabled in Workspace ${name} provides ${
    describe(object)
  }`;
  const [first] = candidates;
  if (first) {
    const newest = chooseVersion(first, object, {});
    const disabled = workspace.spec?.plugins?.find((entry) =>
      candidates.some((p) => p.metadata.name === entry.name)
    );
    if (disabled) {
      return new Problem(
        "ArtifactUnavailable",
        `${what}; ${disabled.name} would, and its entry in the Workspace's spec.plugins says enabled: false`,
      );
    }
    return new Problem(
      "ArtifactUnavailable",
      `${what}; the catalogue has ${
        candidates.map((p) => p.metadata.name).join(", ")
      }. Add to the Workspace's spec.plugins:\n${
        yamlOf({
          name: first.metadata.name,
          permissions: newest.permissions,
        })
      }`,
    );
  }
  return new Problem(
    "ArtifactUnavailable",
    `${what}, and nothing in the catalogue does${
      absent.length
        ? `; enabled but not in the catalogue: ${absent.join(", ")}`
        : ""
    }`,
  );
}

function chooseVersion(
  plugin: Plugin,
  object: Wanted,
  { wanted }: { wanted?: string },
): PluginVersion {
  const { name } = plugin.metadata;
  const fitting = plugin.spec.versions.filter((v) => serves(v, object));
  const list = fitting.map((v) => v.version).join(", ");
  if (wanted !== undefined) {
    const exact = fitting.find((v) => v.version === wanted);
    if (exact) return exact;
    throw new Problem(
      "VersionNotFound",
      `Plugin ${name} has no version ${wanted} that provides ${
        describe(object)
      }; it has ${list}`,
    );
  }
  const newest = newestVersion(fitting);
  if (newest) return newest;
  throw new Problem(
    "VersionNotFound",
    `Plugin ${name} has no semantic version among ${list}`,
  );
}

function checkGrant(
  workspace: Workspace,
  entry: EnabledPlugin,
  { plugin, version }: Provider,
): void {
  for (const rule of version.permissions?.kubernetes ?? []) {
    const refused = refusedPermission(rule);
    if (!refused) continue;
    throw new Problem(
      "PermissionNotAllowed",
      `Plugin ${plugin.metadata.name} ${version.version} needs ${
        describePermission(rule)
      }: ${refused}. No workspace can grant it; use a version of the plugin that does without`,
    );
  }
  const missing = missingPermissions(version.permissions, entry.permissions);
  if (!missing) return;
  throw new Problem(
    "PermissionNotGranted",
    `Plugin ${plugin.metadata.name} ${version.version} needs permissions that Workspace ${workspace.metadata.name} does not grant: ${
      describePermissions(missing)
    }. Its entry in the Workspace's spec.plugins has to be:\n${
      yamlOf({
        ...entry,
        permissions: mergePermissions(entry.permissions, missing),
      })
    }`,
  );
}

/** `Monitoring of type host`, `Thermometer of sensors.example.com`. */
function describe({ kind, type, group }: Wanted): string {
  return group === undefined
    ? `${kind} of type ${type}`
    : `${kind} of ${group}`;
}

function describePermissions(
  { kubernetes = [], ...deno }: Permissions,
): string {
  return [
    ...Object.entries(deno).map(([name, values]) =>
      `${name} ${values!.join(", ")}`
    ),
    ...kubernetes.map((rule) => `kubernetes ${describePermission(rule)}`),
  ].join("; ");
}

function yamlOf(entry: EnabledPlugin): string {
  return stringify([JSON.parse(JSON.stringify(entry))]).trimEnd();
}
