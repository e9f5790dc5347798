/**
 * Which plugin of the catalogue serves a plugin object.
 *
 * @module
 */
import { compareVersions, validateStrict } from "compare-versions";
import { stringify } from "yaml";
import {
  describePermission,
  refusedPermission,
} from "../../api/kubernetes_permission.ts";
import type { Plugin, PluginVersion } from "../../api/plugin.ts";
import type { Permissions } from "../../api/plugin_entry.ts";
import type { Workspace } from "../../api/workspace.ts";
import { mergePermissions, missingPermissions } from "./permissions.ts";
import { Problem } from "./problem.ts";

/** An entry of a Workspace's `spec.plugins`. */
export type EnabledPlugin = NonNullable<
  NonNullable<Workspace["spec"]>["plugins"]
>[number];

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
 * The plugin that serves objects of a kind and type: enabled in the workspace,
 * and granted what it needs.
 *
 * @throws Problem ArtifactUnavailable, AmbiguousPlugin, VersionNotFound, PermissionNotAllowed or PermissionNotGranted
 */
export function providerOf(
  object: { kind: string; type: string },
  choice: ProviderChoice,
): Provider {
  const { workspace } = choice;
  const enabled = workspace.spec?.plugins ?? [];
  const found = enabled.flatMap((entry) => {
    const plugin = choice.plugin(entry.name);
    return plugin && provides(plugin, object) ? [{ entry, plugin }] : [];
  });
  if (found.length > 1) {
    throw new Problem(
      "AmbiguousPlugin",
      `Workspace ${workspace.metadata.name} enables several plugins that provide ${object.kind} of type ${object.type}: ${
        found.map(({ plugin }) => plugin.metadata.name).join(", ")
      }; take all but one out of its spec.plugins`,
    );
  }
  const [only] = found;
  if (!only) throw unavailable(object, choice);
  const version = chooseVersion(only.plugin, object, {
    wanted: choice.version ?? only.entry.version,
  });
  checkGrant(workspace, only.entry, { plugin: only.plugin, version });
  return { plugin: only.plugin, version };
}

function provides(
  plugin: { spec: { versions: PluginVersion[] } },
  object: { kind: string; type: string },
): boolean {
  return plugin.spec.versions.some((version) => serves(version, object));
}

function serves(
  version: PluginVersion,
  object: { kind: string; type: string },
): boolean {
  return version.runs !== "hub" &&
    version.provides.some((p) =>
      p.kind === object.kind && p.type === object.type
    );
}

function unavailable(
  { kind, type }: { kind: string; type: string },
  { workspace, catalogue, plugin }: ProviderChoice,
): Problem {
  const { name } = workspace.metadata;
  const candidates = catalogue().filter((p) => provides(p, { kind, type }));
  const absent = (workspace.spec?.plugins ?? [])
    .filter((entry) => !plugin(entry.name)).map((entry) => entry.name);
  const what =
    `no plugin that is enabled in Workspace ${name} provides ${kind} of type ${type}`;
  const [first] = candidates;
  if (first) {
    const newest = chooseVersion(first, { kind, type }, {});
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
  object: { kind: string; type: string },
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
      `Plugin ${name} has no version ${wanted} that provides ${object.kind} of type ${object.type}; it has ${list}`,
    );
  }
  const valid = fitting.filter((v) => validateStrict(v.version));
  const releases = valid.filter((v) => !/^[^+]*-/.test(v.version));
  const sorted = (releases.length ? releases : valid)
    .toSorted((a, b) => compareVersions(b.version, a.version));
  const [newest] = sorted;
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
      describe(missing)
    }. Its entry in the Workspace's spec.plugins has to be:\n${
      yamlOf({
        ...entry,
        permissions: mergePermissions(entry.permissions, missing),
      })
    }`,
  );
}

function describe({ kubernetes = [], ...deno }: Permissions): string {
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
