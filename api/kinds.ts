/**
 * All kinds of Faros that something reconciles.
 *
 * @module
 */
import { Agent } from "./agent.ts";
import { ContainerRuntime } from "./container_runtime.ts";
import { Enrollment } from "./enrollment.ts";
import type { Kind } from "./kind.ts";
import { Monitoring } from "./monitoring.ts";
import { Network } from "./network.ts";
import { Plugin } from "./plugin.ts";
import { Registration } from "./registration.ts";
import { Repository } from "./repository.ts";
import { Revision } from "./revision.ts";
import { Workspace } from "./workspace.ts";

/** In the order in which they are installed. */
export const kinds: readonly Kind[] = [
  Workspace,
  Agent,
  Registration,
  Enrollment,
  Revision,
  Plugin,
  Network,
  ContainerRuntime,
  Monitoring,
  Repository,
];

/** Kinds of plugin objects: those an Agent's `spec.plugins[]` may name. */
export const pluginObjectKinds: readonly Kind[] = [
  Network,
  ContainerRuntime,
  Monitoring,
];

/** Kinds of the hub itself: written by it, or by people at the hub, never by a workspace's folder. */
const hubOnly: readonly Kind[] = [Enrollment, Revision];

/** Kinds that may stand in a workspace's folder. */
export const workspaceManifestKinds: readonly Kind[] = kinds.filter((kind) =>
  kind.namespaced && !hubOnly.includes(kind)
);

/** The kind with this apiVersion and name, or undefined where it is not one of Faros. */
export function findKind(apiVersion: string, kind: string): Kind | undefined {
  return kinds.find((k) => k.apiVersion === apiVersion && k.kind === kind);
}
