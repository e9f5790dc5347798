/**
 * Where workspaces are: namespaces of one cluster, or kcp workspaces. Everything above asks this interface and never
 * knows which.
 *
 * @module
 */
import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "./client.ts";
import type { EventNote } from "./events.ts";
import type { PluginKindProvider } from "./plugin_kinds.ts";
import type { Resource } from "./resource.ts";

/** How to reach the objects of one workspace. */
export interface WorkspaceAccess {
  client: KubeClient;
  /** Namespace that the workspace's namespaced objects are in. */
  namespace: string;
}

/** Where programs outside the hub find the objects of one workspace. */
export interface WorkspaceEndpoint {
  /** URL of the Kubernetes API, as devices and people reach it. */
  server: string;
  /** Namespace of the workspace's objects there. */
  namespace: string;
}

/** Somebody who may use a workspace, as RBAC names them. */
export interface WorkspaceMember {
  kind: "User" | "Group";
  apiGroup?: string;
  name: string;
}

/** What a workspace is on this engine. */
export interface WorkspaceProvider {
  /** Kind of the objects, labelled {@linkcode WORKSPACE_LABEL}, that workspaces are, in the hub's own API. */
  readonly place: Resource;
  /**
   * Calls `listener` with a workspace that is to be looked at again though its {@linkcode WorkspaceProvider.place}
   * object has not changed. @returns A function that ends it.
   */
  onChange(listener: (workspace: string) => void): () => void;
  /** Kinds that plugins bring, on this engine. */
  readonly kinds: PluginKindProvider;
  /** Access as the hub itself. */
  open(workspace: string): WorkspaceAccess;
  /** Access as the workspace's sync identity, which can do no more than a member could. */
  openAsSync(workspace: string): WorkspaceAccess;
  /** Workspace that a namespaced object, as the hub's informers see it, is in; undefined where it is in none. */
  workspaceOf(object: KubeObject): string | undefined;
  /**
   * Makes the place for a workspace if it is not there, owned by the Workspace object `owner`, and lets its members
   * get to it; what they may do there is not said here.
   *
   * @returns whether it is there; where it is still being made, it is to be called again soon, and whenever its
   * {@linkcode WorkspaceProvider.place} object changes
   * @throws WorkspaceConflict where something else has the name of it, or of what has to be in it
   */
  ensure(
    workspace: string,
    of: {
      owner: KubeObject;
      members: WorkspaceMember[];
      /** Gets word of what was found amiss and put back, for people. @default nobody does */
      note?: (note: EventNote) => void;
    },
  ): Promise<boolean>;
  /** Removes it with all content. Resolves true once it is gone, false while content is still going. */
  remove(workspace: string): Promise<boolean>;
  /** What keeps a workspace that is being removed, for people; undefined where nothing is known to. */
  holding(workspace: string): Promise<string | undefined>;
  /** For `status.workspaceURL`. */
  url(workspace: string): string;
  /** For kubeconfigs and credentials of devices. */
  endpoint(workspace: string): WorkspaceEndpoint;
  /** What it is, for people: `namespace factory-a`. */
  describe(workspace: string): string;
}

/** Something that is not Faros's has the place of a workspace. */
export class WorkspaceConflict extends Error {
  override name = "WorkspaceConflict";
}
