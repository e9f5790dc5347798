/**
 * Kinds of plugins in one workspace: which are served there, and what becomes of them once their plugin is not enabled.
 *
 * @module
 */
import { stringify } from "yaml";
import { Plugin } from "../../api/plugin.ts";
import type { Workspace } from "../../api/workspace.ts";
import type { ConditionInput } from "../../kube/conditions.ts";
import type { EventNote } from "../../kube/events.ts";
import { named } from "../../kube/named.ts";
import { type InstalledKind, kindKey } from "../../kube/plugin_kinds.ts";
import { versionFor } from "../kinds/declared_kinds.ts";
import { enabledPlugins } from "../resolve/enabled_plugins.ts";
import type { HubContext } from "./context.ts";
import type { ServedKind } from "./workspace_roles.ts";

/** Condition of a Workspace whose plugins bring kinds. */
export const KINDS_CONDITION = "PluginKindsServed";

/** Between looks at kinds that are on their way, in milliseconds; most of the time an event brings us back sooner. */
const PENDING_PERIOD = 1000;
/** Between looks at objects that only the workspace itself shows, in milliseconds. */
const IN_USE_PERIOD = 30_000;

/** How it is with the kinds of a workspace. */
export interface WorkspaceKinds {
  /** What Roles there are to be about. */
  served: ServedKind[];
  /** Absent where no plugin of the workspace brings a kind. */
  condition?: Omit<ConditionInput, "observedGeneration">;
  /** Whether kinds are on their way that the workspace's plugins bring. */
  pending: boolean;
  /** Whether objects are left of a plugin that is not enabled. */
  inUse: boolean;
  /** When to look again, in milliseconds. */
  requeueAfter?: number;
}

/** Sees to it that a workspace has the kinds that its plugins bring, and no others. */
export async function workspaceKinds(
  context: HubContext,
  workspace: Workspace,
  { note }: {
    /** Gets word, for people, of what was gone and is put back. */
    note: (note: EventNote) => void;
  },
): Promise<WorkspaceKinds> {
  const of = new OneWorkspace(context, workspace, { note });
  const enabled = new Set(enabledPlugins(workspace).map((e) => e.name));
  for (const plugin of enabled) await of.enable(plugin);
  for (const plugin of context.pluginKinds.plugins()) {
    if (!enabled.has(plugin)) await of.disable(plugin);
  }
  return of.result();
}

class OneWorkspace {
  readonly #context: HubContext;
  readonly #options: { note: (note: EventNote) => void };
  readonly #workspace: Workspace;
  readonly #name: string;
  readonly #served = new Map<string, ServedKind & { kind: string }>();
  /** What is to be told, the first of which is the condition's reason. */
  readonly #problems: { reason: string; message: string }[] = [];
  readonly #pending: string[] = [];
  #inUse = false;
  #requeueAfter: number | undefined;

  constructor(
    context: HubContext,
    workspace: Workspace,
    options: { note: (note: EventNote) => void },
  ) {
    this.#options = options;
    this.#context = context;
    this.#workspace = workspace;
    this.#name = workspace.metadata.name;
  }

  async enable(name: string): Promise<void> {
    const { informers, pluginKinds, provider } = this.#context;
    const plugin = informers.get<Plugin>(Plugin).get(undefined, name);
    const installed = pluginKinds.of(name);
    const problem = pluginKinds.problem(name);
    const declared = plugin &&
      new Set(
        versionFor(plugin, this.#workspace)?.kinds?.map(({ names, group }) =>
          kindKey({ plural: names.plural, group })
        ),
      );
    // Of a plugin that has left the catalogue, what there is stays.
    const wanted = installed.filter((kind) =>
      declared?.has(kindKey(kind)) ?? true
    );
    if (problem && (declared?.size || installed.length)) {
      this.#problems.push({
        reason: problem.reason,
        message: `Plugin ${name}: ${problem.message}`,
      });
    } else if (declared && wanted.length < declared.size) {
      this.#wait(`kinds of Plugin ${name} are being installed`);
    }
    const taken = wanted.find((kind) =>
      [...this.#served.values()].some((other) => other.kind === kind.kind)
    );
    if (taken) {
      this.#problems.push({
        reason: "KindConflict",
        message:
          `Plugin ${name} brings ${taken.kind}, and so does another one that is enabled here, before it; the kinds of ${name} are not served until one of them is taken out of spec.plugins`,
      });
      return;
    }
    if (wanted.length) {
      const amiss = await provider.kinds.bind(
        this.#name,
        name,
        this.#options,
      );
      if (amiss?.stays) {
        this.#problems.push({
          reason: "KindConflict",
          message: `Plugin ${name}: ${amiss.message}`,
        });
        return;
      }
      if (amiss) this.#wait(amiss.message);
    }
    for (const kind of wanted) this.#serve(kind, { create: true });
    // What an earlier version brought.
    const left = installed.filter((kind) => !wanted.includes(kind));
    await this.#release(name, left, { all: false });
  }

  async disable(name: string): Promise<void> {
    const { pluginKinds } = this.#context;
    await this.#release(name, pluginKinds.of(name), { all: true });
  }

  /** Lets go of kinds once no object is left of them; until then they can be read, changed and deleted. */
  async #release(
    plugin: string,
    kinds: readonly InstalledKind[],
    { all }: { all: boolean },
  ): Promise<void> {
    const { pluginKinds, provider } = this.#context;
    const { namespace } = provider.open(this.#name);
    const isBound = all && provider.kinds.isBound(this.#name, plugin);
    const seen = kinds.filter((kind) =>
      pluginKinds.objects(kind, namespace).length > 0
    );
    if (!isBound && !seen.length) return;
    // First nobody may make any more of them.
    for (const kind of isBound ? kinds : seen) {
      this.#serve(kind, { create: false });
    }
    const { metadata, status, spec } = this.#workspace;
    if (status?.observedGeneration !== metadata.generation) {
      return this.#lookAgain(PENDING_PERIOD);
    }
    const left = (await Promise.all(
      kinds.map(async (kind) => ({
        kind,
        objects: await provider.kinds.objects(this.#name, kind),
      })),
    )).filter(({ objects }) => objects.length);
    if (!left.length) {
      for (const kind of kinds) this.#served.delete(kindKey(kind));
      if (isBound) await provider.kinds.unbind(this.#name, plugin);
      return this.#lookAgain(PENDING_PERIOD);
    }
    const entry = spec?.plugins?.find(({ name }) => name === plugin);
    const what = left.map(({ kind, objects }) =>
      `${objects.length} ${kind.kind} of ${kind.group} (${
        named(objects.map((object) => object.metadata.name))
      })`
    ).join(", ");
    if (all && entry?.deletionPolicy === "Delete") {
      for (const { kind } of left) {
        await provider.kinds.deleteObjects(this.#name, kind);
      }
      this.#problems.push({
        reason: "PluginKindsDeleting",
        message:
          `Plugin ${plugin} is not enabled, and all objects of its kinds are being deleted; there are yet ${what}`,
      });
      return this.#lookAgain(PENDING_PERIOD);
    }
    this.#inUse = true;
    this.#lookAgain(IN_USE_PERIOD);
    this.#problems.push({
      reason: "PluginKindsInUse",
      message: all
        ? `Plugin ${plugin} is not enabled, and objects of its kinds are left, which are served for as long as they are there: ${what}. Delete them, in Git too; or have all of them deleted by this entry in spec.plugins:\n${
          stringify([{
            name: plugin,
            enabled: false,
            deletionPolicy: "Delete",
          }]).trimEnd()
        }`
        : `The version of Plugin ${plugin} that is used here does not bring all of its kinds any more, and objects are left of them, which are served for as long as they are there: ${what}. Delete them, in Git too, or use a version that brings them`,
    });
  }

  result(): WorkspaceKinds {
    const served = [...this.#served.values()];
    const rest = {
      served,
      pending: this.#pending.length > 0,
      inUse: this.#inUse,
      ...(this.#requeueAfter === undefined
        ? {}
        : { requeueAfter: this.#requeueAfter }),
    };
    const problems = this.#problems;
    const message = [
      ...problems.map((problem) => problem.message),
      ...this.#pending,
    ].join("\n");
    if (!message && !served.length) return rest;
    return {
      ...rest,
      condition: {
        type: KINDS_CONDITION,
        ...(message
          ? {
            status: "False",
            reason: problems[0]?.reason ?? "PluginKindsPending",
            message,
          }
          : {
            status: "True",
            reason: "Served",
            message: `Plugins bring ${
              served.map(({ kind, group }) => `${kind} of ${group}`).join(", ")
            }`,
          }),
      },
    };
  }

  #serve(
    { group, plural, kind }: InstalledKind,
    { create }: { create: boolean },
  ): void {
    const key = kindKey({ group, plural });
    this.#served.set(key, { group, plural, kind, create });
  }

  #wait(why: string): void {
    this.#pending.push(why);
    this.#lookAgain(PENDING_PERIOD);
  }

  #lookAgain(ms: number): void {
    this.#requeueAfter = Math.min(ms, this.#requeueAfter ?? Infinity);
  }
}
