/**
 * Kinds that plugins bring, as an engine serves them: CustomResourceDefinitions, or APIExports of kcp. Everything above
 * asks this interface and never knows which.
 *
 * @module
 */
import type { CustomResourceDefinition } from "../api/generate/crd.ts";
import type { KubeObject } from "../api/meta.ts";
import type { EventNote } from "./events.ts";
import type { Resource } from "./resource.ts";

/** A kind of a Plugin that is installed; its version is the one that objects are stored as. */
export interface InstalledKind extends Resource {
  /** Name of the Plugin. */
  plugin: string;
  /** Stands for its definition: another one has another. */
  hash: string;
}

/** Something is not as it has to be in a workspace. */
export interface KindProblem {
  /** For people. */
  message: string;
  /** Whether it stays so until somebody changes something. */
  stays: boolean;
}

/** How kinds of plugins are installed, and get into workspaces. */
export interface PluginKindProvider {
  /** Kind of the objects, labelled {@linkcode PLUGIN_LABEL}, that make the kinds be served, in the hub's own API. */
  readonly place: Resource;
  /** The kinds that an object of {@linkcode PluginKindProvider.place} is about. From then on their objects are found. */
  kindsOf(place: KubeObject): Promise<InstalledKind[]>;
  /**
   * Makes the kinds of a Plugin be these, and of its others only those called `keep` (`thermometers.example.com`).
   *
   * @returns all kinds that the Plugin has then
   * @throws {KindsRefused} where it cannot be, and all is as it was
   */
  install(
    plugin: string,
    definitions: readonly CustomResourceDefinition[],
    options: { keep: ReadonlySet<string>; signal?: AbortSignal },
  ): Promise<InstalledKind[]>;
  /** Takes all kinds of a Plugin away. Resolves false, and does nothing, where there is an object, or a workspace that has them. */
  remove(
    plugin: string,
    options?: { signal?: AbortSignal },
  ): Promise<boolean>;
  /**
   * Sees to it that a workspace has the kinds of a Plugin.
   *
   * @param note Gets word, for people, of what was gone and is put back.
   * @returns what is amiss; nothing once it has them
   */
  bind(
    workspace: string,
    plugin: string,
    options?: { note?: (note: EventNote) => void },
  ): Promise<KindProblem | undefined>;
  /** Whether a workspace has them by something of its own, which {@linkcode PluginKindProvider.unbind} takes away, with all objects. */
  isBound(workspace: string, plugin: string): boolean;
  unbind(workspace: string, plugin: string): Promise<void>;
  /** All objects of a kind in a workspace, as the server has them at this moment. */
  objects(workspace: string, kind: Resource): Promise<KubeObject[]>;
  /** Deletes them; what has a finalizer stays for as long as that. */
  deleteObjects(workspace: string, kind: Resource): Promise<void>;
}

/** Name of a kind's definition: `thermometers.example.com`. */
export function kindKey(
  { plural, group }: Pick<Resource, "plural" | "group">,
): string {
  return `${plural}.${group}`;
}

/** Why kinds cannot be installed: becomes the reason and message of a condition. */
export class KindsRefused extends Error {
  override name = "KindsRefused";
  /** CamelCase, for programs. */
  readonly reason: "KindConflict" | "KindsInvalid" | "KindsUpgradeRefused";

  constructor(
    reason: KindsRefused["reason"],
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.reason = reason;
  }
}
