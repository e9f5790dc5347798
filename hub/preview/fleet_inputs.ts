import { Agent } from "../../api/agent.ts";
import { Secret } from "../../api/core.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Plugin } from "../../api/plugin.ts";
import { Workspace } from "../../api/workspace.ts";
import { objectKey } from "../../gitops/manifest/manifest.ts";
import type { SecretObject } from "../keys/key_secret.ts";
import type { PluginObject } from "../resolve/plugin_object.ts";
import type { ScratchServer } from "./scratch_server.ts";

/** All that decides what the devices of a workspace run, as it is at one time. */
export interface WorkspaceInputs {
  workspace?: Workspace;
  /** By name, as all below. */
  agents: Map<string, Agent>;
  objects: PluginObject[];
  secrets: Map<string, SecretObject>;
}

/** The same of a fleet. */
export interface FleetInputs {
  plugins: Map<string, Plugin>;
  workspaces: Map<string, WorkspaceInputs>;
}

/**
 * Reads what decides what devices run. Objects are never changed in place, so
 * that what was read stays as it was.
 *
 * @param gone Keys of objects that count as deleted.
 */
export function fleetInputs(
  server: ScratchServer,
  of: { workspaces: Iterable<string>; gone?: ReadonlySet<string> },
): FleetInputs {
  const { gone } = of;
  const there = <T extends KubeObject>(items: T[]) =>
    gone?.size ? items.filter((item) => !gone.has(objectKey(item))) : items;
  const workspaces = byName(there(server.list<Workspace>(Workspace)));
  return {
    plugins: byName(there(server.plugins())),
    workspaces: new Map(
      [...of.workspaces].map((name) => [name, {
        workspace: workspaces.get(name),
        agents: byName(there(server.list<Agent>(Agent, name))),
        objects: [...pluginObjectKinds, ...server.pluginKinds()]
          .flatMap((kind) => there(server.list<PluginObject>(kind, name))),
        secrets: byName(there(server.list<SecretObject>(Secret, name))),
      }]),
    ),
  };
}

function byName<T extends KubeObject>(items: T[]): Map<string, T> {
  return new Map(items.map((item) => [item.metadata.name, item]));
}
