import type { Resource } from "../../api/kind.ts";
import { Plugin } from "../../api/plugin.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import { Workspace } from "../../api/workspace.ts";
import {
  type InstalledKind,
  kindKey,
  KindsRefused,
  type PluginKindProvider,
} from "../../kube/plugin_kinds.ts";
import type { ServedKind } from "../controllers/workspace_roles.ts";
import { checkKinds, schemaValidator } from "../kinds/check_kinds.ts";
import { versionFor, wantedKinds } from "../kinds/declared_kinds.ts";
import { enabledPlugins } from "../resolve/enabled_plugins.ts";
import { Problem } from "../resolve/problem.ts";
import type { ScratchServer } from "./scratch_server.ts";

/** Kinds that plugins bring to the workspaces of a scratch server, as a hub would install and serve them. */
export class ScratchKinds {
  readonly #server: Pick<ScratchServer, "get" | "list">;
  readonly #provider: PluginKindProvider;
  /** By Plugin. */
  readonly #installed = new Map<string, InstalledKind[]>();
  /** What they were made of, as text. */
  readonly #applied = new Map<string, string>();
  /** Names of kinds that each workspace has. */
  readonly #served = new Map<string, Set<string>>();

  constructor(
    server: Pick<ScratchServer, "get" | "list">,
    provider: PluginKindProvider,
  ) {
    this.#server = server;
    this.#provider = provider;
  }

  /** All that are installed. */
  all(): InstalledKind[] {
    return [...this.#installed.values()].flat();
  }

  /** Whether a workspace has a kind. */
  serves(workspace: string, kind: Resource): boolean {
    return this.#served.get(workspace)?.has(kindKey(kind)) ?? false;
  }

  /** Installs the kinds that the plugins of a workspace bring. */
  async serve(
    workspace: Workspace,
  ): Promise<{ kinds: ServedKind[]; problems: string[] }> {
    const { name } = workspace.metadata;
    const problems: string[] = [];
    const declared = new Set<string>();
    for (const entry of enabledPlugins(workspace)) {
      const plugin = this.#server.get(Plugin, { name: entry.name }) as
        | Plugin
        | undefined;
      const own = plugin && versionFor(plugin, workspace)?.kinds;
      if (!own?.length) continue;
      for (const { group, names: { plural } } of own) {
        declared.add(kindKey({ group, plural }));
      }
      try {
        await this.#install(plugin!);
      } catch (error) {
        if (!(error instanceof Problem || error instanceof KindsRefused)) {
          throw error;
        }
        problems.push(`Plugin ${entry.name}: ${error.message}`);
      }
    }
    const kinds = this.all().flatMap((kind): ServedKind[] => {
      const { group, plural } = kind;
      const create = declared.has(kindKey(kind));
      // What is there already holds its kind.
      return create || this.#server.list(kind, name).length
        ? [{ group, plural, create }]
        : [];
    });
    this.#served.set(name, new Set(kinds.map(kindKey)));
    return { kinds, problems };
  }

  async #install(plugin: Plugin): Promise<void> {
    const { name } = plugin.metadata;
    checkKinds(plugin, { validateSchema: await schemaValidator(plugin) });
    const users = this.#server.list<Workspace>(Workspace).filter((workspace) =>
      enabledPlugins(workspace).some((entry) => entry.name === name)
    );
    const wanted = wantedKinds(plugin, users);
    const state = canonicalJson(wanted.map(({ spec }) => spec));
    if (this.#applied.get(name) === state) return;
    const keep = new Set(this.#installed.get(name)?.map(kindKey));
    const installed = await this.#provider.install(name, wanted, { keep });
    this.#installed.set(name, installed);
    this.#applied.set(name, state);
  }
}
