import { Plugin } from "../../api/plugin.ts";
import { Workspace } from "../../api/workspace.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import { kindKey, KindsRefused } from "../../kube/plugin_kinds.ts";
import { type Key, type Result, runController } from "../../kube/reconciler.ts";
import { checkKinds, schemaValidator } from "../kinds/check_kinds.ts";
import { wantedKinds } from "../kinds/declared_kinds.ts";
import { pluginOf } from "../kinds/plugin_kinds.ts";
import { enabledPlugins } from "../resolve/enabled_plugins.ts";
import { Problem } from "../resolve/problem.ts";
import type { HubContext } from "./context.ts";

/** Between looks at kinds that cannot be as they are wanted, in milliseconds: nobody tells when what is in the way goes. */
const RETRY = 15_000;
/** Between looks at whether workspaces have let go of kinds, in milliseconds. */
const RELEASE = 1000;

/**
 * Installs the kinds of a Plugin once a workspace enables it, moves them to another definition, and takes them away
 * once no workspace enables it and no object is left. What came of it is in `context.pluginKinds`.
 */
export function runPluginKindsController(context: HubContext): Promise<void> {
  const controller = new PluginKindsController(context);
  const { pluginKinds } = context;
  const entries = ({ spec }: Workspace): Key[] =>
    (spec?.plugins ?? []).map(({ name }) => ({ name }));
  return runController({
    ...context,
    name: "plugin-kinds",
    reconcile: ({ name }) => controller.reconcile(name),
    sources: [
      { informer: context.informers.get<Plugin>(Plugin), filter: isNews },
      {
        informer: context.informers.get<Workspace>(Workspace),
        keys: (workspace, { old }) => [
          ...entries(workspace),
          ...(old ? entries(old as Workspace) : []),
        ],
        filter: isNews,
      },
      {
        informer: pluginKinds.places,
        keys: (place, { type }) => {
          const name = pluginOf(place);
          if (type === "deleted") controller.lost(name);
          return [{ name }];
        },
        filter: ({ type }) => type !== "updated",
      },
      {
        start: (enqueue) => {
          pluginKinds.onObject(({ type }, { plugin }) => {
            // A refused change may be fine by now; the last object may have gone.
            if (type === "deleted" || pluginKinds.problem(plugin)) {
              enqueue({ name: plugin });
            }
          });
        },
      },
    ],
  });
}

function isNews(
  { type, object, old }: {
    type: string;
    object: Plugin | Workspace;
    old?: Plugin | Workspace;
  },
): boolean {
  return type !== "updated" ||
    object.metadata.generation !== old?.metadata.generation ||
    object.metadata.deletionTimestamp !== old?.metadata.deletionTimestamp;
}

class PluginKindsController {
  readonly #context: HubContext;
  /** What this process has installed of each Plugin. */
  readonly #applied = new Map<string, string>();

  constructor(context: HubContext) {
    this.#context = context;
  }

  /** Somebody else took something of a Plugin's kinds away. */
  lost(plugin: string): void {
    this.#applied.delete(plugin);
  }

  async reconcile(name: string): Promise<Result> {
    const { informers, pluginKinds, provider, signal } = this.#context;
    const plugin = informers.get<Plugin>(Plugin).get(undefined, name);
    if (!this.#applied.has(name)) {
      pluginKinds.set(
        name,
        await pluginKinds.found(name),
        pluginKinds.problem(name),
      );
    }
    const installed = pluginKinds.of(name);
    const declares = plugin?.spec.versions.some(({ kinds }) => kinds?.length);
    if (!declares && !installed.length) return pluginKinds.set(name, []);
    try {
      if (plugin) {
        checkKinds(plugin, { validateSchema: await schemaValidator(plugin) });
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { reason, message } = error;
      pluginKinds.set(name, installed, { reason, message });
      return;
    }
    const workspaces = informers.get<Workspace>(Workspace).list();
    const users = workspaces.filter((workspace) =>
      !workspace.metadata.deletionTimestamp &&
      enabledPlugins(workspace).some((entry) => entry.name === name)
    );
    const wanted = plugin ? wantedKinds(plugin, users) : [];
    const keys = new Set(wanted.map(({ metadata }) => metadata.name));
    const released = workspaces.every(isSettled);
    const isLeft = (kind: typeof installed[number]) =>
      // Out of the catalogue, but still in use.
      !released || (!plugin && users.length > 0) ||
      pluginKinds.objects(kind).length > 0;
    const others = installed.filter((kind) => !keys.has(kindKey(kind)));
    const keep = new Set(others.filter(isLeft).map(kindKey));
    const again = others.length && !released ? { requeueAfter: RELEASE } : {};
    if (!wanted.length && !keep.size) {
      if (!installed.length) return pluginKinds.set(name, []);
      // Something that only the server knows of yet may be in the way.
      if (!await provider.kinds.remove(name, { signal })) {
        return { requeueAfter: RETRY };
      }
      this.#applied.delete(name);
      pluginKinds.set(name, []);
      return;
    }
    const state = canonicalJson([wanted.map(({ spec }) => spec), [...keep]]);
    if (this.#applied.get(name) === state) {
      // What could not be before is not wanted any more.
      pluginKinds.set(name, installed);
      return again;
    }
    try {
      if (wanted.length || others.length > keep.size) {
        const now = await provider.kinds.install(name, wanted, {
          keep,
          signal,
        });
        this.#applied.set(name, state);
        pluginKinds.set(name, now);
      } else {
        this.#applied.set(name, state);
      }
      return again;
    } catch (error) {
      if (!(error instanceof KindsRefused)) throw error;
      const { reason, message } = error;
      // The server may have taken some of it.
      if (reason === "KindsInvalid") this.#applied.delete(name);
      pluginKinds.set(name, installed, { reason, message });
      return { requeueAfter: RETRY };
    }
  }
}

/** Whether the Roles of a workspace are as its plugins have it by now. */
function isSettled({ metadata, status }: Workspace): boolean {
  return status?.observedGeneration === metadata.generation;
}
