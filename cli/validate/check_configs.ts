import { Agent } from "../../api/agent.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Plugin } from "../../api/plugin.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import type { AgentPlugin } from "../../api/plugin_entry.ts";
import { Registration } from "../../api/registration.ts";
import type { Workspace } from "../../api/workspace.ts";
import type {
  Manifests,
  WorkspaceManifests,
} from "../../gitops/manifest/load_tree.ts";
import type { Manifest } from "../../gitops/manifest/manifest.ts";
import { fieldName, type Problem } from "../../gitops/manifest/problem.ts";
import { isPluginObject } from "../../gitops/manifest/references.ts";
import { describe } from "../../gitops/manifest/schema_problems.ts";
import { usesVariables } from "../../gitops/manifest/substitute.ts";
import type { SecretObject } from "../../hub/keys/key_secret.ts";
import { compileSchema } from "../../hub/resolve/config_schema.ts";
import { objectOf } from "../../hub/resolve/object_of.ts";
import {
  type PluginObject,
  readPluginObject,
} from "../../hub/resolve/plugin_object.ts";
import {
  type ConfigPlace,
  Problem as Unresolved,
} from "../../hub/resolve/problem.ts";
import {
  enabledProvider,
  type Provider,
} from "../../hub/resolve/provider_of.ts";
import {
  resolveConfig,
  type ResolvedConfig,
} from "../../hub/resolve/resolve_config.ts";
import {
  escapePointer,
  pointerTo,
  valueAt,
} from "../../hub/resolve/secret_fields.ts";
import type { SecretReader } from "../../hub/resolve/secrets.ts";
import { parseApiVersion } from "../../kube/resource.ts";

/** Options of {@linkcode checkConfigs}. */
export interface CheckConfigsOptions {
  /** Plugins that every hub brings, a version each. */
  builtin: readonly Omit<PluginBundle, "code">[];
  /** Whether `${…}` in a value stands for what is not known here. */
  isOpen: boolean;
}

/**
 * Checks configs of plugins as the hub will when it resolves Agents: those of
 * plugin objects with what each Agent's entry, or a Registration's template,
 * makes of them, by the configSchema of the Plugin that serves them. What the
 * tree cannot tell is no error: a plugin that is not in it, a Secret that is
 * not, a field that an Agent of the cluster may add.
 */
export async function checkConfigs(
  manifests: Manifests,
  options: CheckConfigsOptions,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const catalogue = new Map<string, Plugin>();
  for (const manifest of manifests.root.manifests) {
    if (manifest.resource !== Plugin || manifest.sealed) continue;
    const plugin = manifest.object as Plugin;
    catalogue.set(plugin.metadata.name, plugin);
    problems.push(...schemaProblems(manifest, plugin));
  }
  for (const plugin of builtinPlugins(options.builtin)) {
    catalogue.set(plugin.metadata.name, plugin);
  }
  for (const set of manifests.workspaces.values()) {
    const workspace = set.workspace;
    if (!workspace || workspace.sealed) continue;
    const check = new WorkspaceCheck(set, {
      workspace: workspace.object as Workspace,
      catalogue,
      isOpen: options.isOpen,
    });
    problems.push(...await check.run());
  }
  return problems;
}

/** What is no JSON Schema among the schemas of a Plugin. */
function schemaProblems(manifest: Manifest, plugin: Plugin): Problem[] {
  return plugin.spec.versions.flatMap(({ version, configSchema }, i) => {
    if (!configSchema) return [];
    try {
      compileSchema(configSchema, `${plugin.metadata.name} ${version}`);
      return [];
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      const path = ["spec", "versions", i, "configSchema"];
      return [{
        file: manifest.file,
        ...manifest.locate(path),
        field: fieldName(path),
        message: error.message,
      }];
    }
  });
}

/** The catalogue's entries of a hub's own plugins, as far as configs go. */
function builtinPlugins(bundles: CheckConfigsOptions["builtin"]): Plugin[] {
  const byName = Map.groupBy(bundles, ({ name }) => name);
  return [...byName].map(([name, versions]) => ({
    apiVersion: Plugin.apiVersion,
    kind: Plugin.kind,
    metadata: { name },
    spec: {
      versions: versions.map(({ name: _, description: __, ...version }) => ({
        ...version,
        artifacts: [],
      })),
    },
  }));
}

/** An entry of `spec.plugins`, and where it stands. */
interface Entry {
  manifest: Manifest;
  entry: Pick<AgentPlugin, "config" | "version">;
  path: PropertyKey[];
  /** Whether nobody adds to it: a device's Agent does to a template. */
  isWhole: boolean;
}

/** A field of a manifest. */
interface Place {
  manifest: Manifest;
  path: PropertyKey[];
  about: "key" | "value" | undefined;
}

/** What is wrong, and for whom, each once. */
type Found = Problem & { agents?: Set<string> };

class WorkspaceCheck {
  readonly #workspace: Workspace;
  readonly #set: WorkspaceManifests;
  readonly #catalogue: ReadonlyMap<string, Plugin>;
  readonly #isOpen: boolean;
  readonly #secrets: SecretReader;
  /** Plugin objects that are there to be read, with where they stand. */
  readonly #objects: ReadonlyMap<KubeObject, Manifest>;
  readonly #found = new Map<string, Found>();
  /** Of the configs of entries that are alike, which are many. */
  readonly #resolved = new Map<
    string,
    Promise<ResolvedConfig | Unresolved | undefined>
  >();

  constructor(
    set: WorkspaceManifests,
    { workspace, catalogue, isOpen }: {
      workspace: Workspace;
      catalogue: ReadonlyMap<string, Plugin>;
      isOpen: boolean;
    },
  ) {
    this.#set = set;
    this.#workspace = workspace;
    this.#catalogue = catalogue;
    this.#isOpen = isOpen;
    this.#secrets = this.#secretReader();
    const kinds = new Set(
      [...catalogue.values()].flatMap(({ spec }) =>
        spec.versions.flatMap(({ kinds = [] }) =>
          kinds.map(({ group, names }) => `${group}/${names.kind}`)
        )
      ),
    );
    this.#objects = new Map(
      set.manifests.filter(({ object }) => {
        const { group } = parseApiVersion(object.apiVersion);
        return isPluginObject(object) || kinds.has(`${group}/${object.kind}`);
      }).map((manifest) => [manifest.object, manifest]),
    );
  }

  async run(): Promise<Problem[]> {
    const named = new Set<KubeObject>();
    const objects = [...this.#objects.keys()] as PluginObject[];
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    for (const manifest of this.#set.manifests) {
      for (const one of entriesOf(manifest)) {
        // To find out what was meant takes its time, and is done elsewhere.
        if (!names.has(one.entry.name)) continue;
        let object: PluginObject;
        try {
          object = objectOf(one.entry, {
            objects,
            workspace: this.#workspace,
          });
        } catch (error) {
          // References are looked at elsewhere.
          if (error instanceof Unresolved) continue;
          throw error;
        }
        named.add(object);
        await this.#check(object, one);
      }
    }
    for (const object of objects) {
      if (!named.has(object)) await this.#check(object);
    }
    return [...this.#found.values()].map(({ agents, ...problem }) =>
      agents
        ? { ...problem, message: `${problem.message}${forWhom(agents)}` }
        : problem
    );
  }

  async #check(object: PluginObject, of?: Entry): Promise<void> {
    const manifest = this.#objects.get(object)!;
    if (manifest.sealed) return;
    const provider = this.#provider(object, of?.entry.version);
    if (!provider) return;
    const resolved = await this.#resolve(object, { provider, of });
    const redact = (message: string) =>
      [manifest, of?.manifest].reduce(
        (text, from) => from?.sensitive?.redact(text) ?? text,
        message,
      );
    const at = (place: ConfigPlace | undefined): Place =>
      place?.in === "entry" && of
        ? {
          manifest: of.manifest,
          path: [...of.path, "config", ...place.path],
          about: place.about,
        }
        : {
          manifest,
          path: [...readPluginObject(object).path, ...place?.path ?? []],
          about: place?.about,
        };
    if (resolved instanceof Unresolved) {
      // What a reference lacks, and whose schema is none, is told elsewhere.
      if (!/^(ConfigInvalid|SecretNotAllowed)$/.test(resolved.reason)) return;
      this.#add(at(resolved.place), { message: redact(resolved.message) });
      return;
    }
    if (!resolved) return;
    const where = `${nameOf(object)} for ${nameOf(provider)}`;
    for (const fault of resolved.faults) {
      if (!of?.isWhole && !fault.isSure) continue;
      const found = fault.about === "value"
        ? foundIn(resolved, fault.place.path)
        : "";
      this.#add(at(fault.place), {
        message: redact(`${found}${fault.message} (config of ${where})`),
        agent: fault.about === "missing"
          ? of?.manifest.object.metadata.name
          : undefined,
      });
    }
    if (!of || of.entry.config === undefined) return;
    // What the object has of it alone is told of by its kind.
    const alone = await this.#resolve(object, { provider });
    const known = new Set(
      alone && !(alone instanceof Unresolved) ? alone.kindProblems : [],
    );
    for (const problem of resolved.kindProblems) {
      if (known.has(problem)) continue;
      this.#add(at({ in: "entry", path: [], about: "value" }), {
        message: redact(`${problem} (config of ${where})`),
      });
    }
  }

  /** The plugin that serves an object; undefined where the tree cannot tell. */
  #provider(object: PluginObject, version?: string): Provider | undefined {
    try {
      return enabledProvider(readPluginObject(object).wanted, {
        workspace: this.#workspace,
        plugin: (name) => this.#catalogue.get(name),
        catalogue: () => [...this.#catalogue.values()],
        version,
      });
    } catch (error) {
      if (error instanceof Unresolved) return undefined;
      throw error;
    }
  }

  #resolve(
    object: PluginObject,
    { provider, of }: { provider: Provider; of?: Entry },
  ): Promise<ResolvedConfig | Unresolved | undefined> {
    const entry = of?.entry ?? {};
    const key = JSON.stringify([
      object.kind,
      object.metadata.name,
      provider.version.version,
      entry.config,
    ]);
    let resolved = this.#resolved.get(key);
    if (!resolved) {
      resolved = this.#resolveNew(object, { provider, of });
      this.#resolved.set(key, resolved);
    }
    return resolved;
  }

  async #resolveNew(
    object: PluginObject,
    { provider, of }: { provider: Provider; of?: Entry },
  ): Promise<ResolvedConfig | Unresolved | undefined> {
    const entry = of?.entry ?? {};
    const isOpen = (value: unknown) =>
      this.#isOpen && typeof value === "string" && usesVariables(value);
    // Nobody knows what YAML it becomes.
    if ([entry.config, readPluginObject(object).config].some(isOpen)) return;
    try {
      return await resolveConfig({
        object,
        agent: of?.manifest.object ?? object,
        entry,
        version: provider.version,
        where: nameOf(provider),
        secrets: this.#secrets,
        unread: (merged) => pointersTo(merged, isOpen),
      });
    } catch (error) {
      if (error instanceof Unresolved) return error;
      throw error;
    }
  }

  /** The Secrets of the tree; all others may be there. */
  #secretReader(): SecretReader {
    const secrets = new Map(
      this.#set.manifests.filter(({ object, sealed }) =>
        object.kind === "Secret" && !sealed
      ).map(({ object }) => [object.metadata.name, object as SecretObject]),
    );
    return {
      get: (name) => secrets.get(name),
      unread: (name) => {
        const values = Object.values(secrets.get(name)?.data ?? {});
        const isKnown = secrets.has(name) &&
          !(this.#isOpen && values.some(holdsVariables));
        return isKnown ? undefined : "";
      },
      // Nothing is made of them here.
      hmac: () => Promise.resolve("0".repeat(64)),
    };
  }

  #add(
    { manifest, path, about }: Place,
    { message, agent }: { message: string; agent?: string },
  ): void {
    const field = fieldName(path);
    const problem: Found = {
      file: manifest.file,
      ...manifest.locate(path, about),
      field,
      message,
    };
    const key = JSON.stringify(problem);
    const known = this.#found.get(key) ?? problem;
    if (agent !== undefined) (known.agents ??= new Set()).add(agent);
    this.#found.set(key, known);
  }
}

function holdsVariables(base64: string): boolean {
  try {
    return usesVariables(atob(base64));
  } catch {
    return true;
  }
}

function entriesOf(manifest: Manifest): (Entry & { entry: AgentPlugin })[] {
  const { object, resource, sealed } = manifest;
  if (sealed) return [];
  const [plugins, path, isWhole] = resource === Agent
    ? [(object as Agent).spec?.plugins, ["spec", "plugins"], true]
    : resource === Registration
    ? [
      (object as Registration).spec?.agentTemplate?.plugins,
      ["spec", "agentTemplate", "plugins"],
      false,
    ]
    : [];
  return (plugins ?? []).map((entry, i) => ({
    manifest,
    entry,
    path: [...path ?? [], i],
    isWhole: isWhole ?? false,
  }));
}

/** `found 5: `, or nothing where that may be a secret. */
function foundIn(
  { merged, secretFields }: ResolvedConfig,
  path: (string | number)[],
): string {
  const pointer = pointerTo(path);
  const isSecret = secretFields.some((secret) =>
    secret === pointer || secret.startsWith(`${pointer}/`) ||
    pointer.startsWith(`${secret}/`)
  );
  return isSecret ? "" : `found ${describe(valueAt(merged, pointer))}: `;
}

/** JSON Pointers of the values that `is` is true of. */
function pointersTo(
  value: unknown,
  is: (value: unknown) => boolean,
): string[] {
  if (typeof value !== "object" || value === null) return is(value) ? [""] : [];
  return Object.entries(value).flatMap(([key, inner]) =>
    pointersTo(inner, is).map((below) => `/${escapePointer(key)}${below}`)
  );
}

function nameOf(of: PluginObject | Provider): string {
  return "plugin" in of
    ? `Plugin ${of.plugin.metadata.name} ${of.version.version}`
    : `${of.kind} ${of.metadata.name}`;
}

/** The most that are named. */
const MOST = 3;

function forWhom(agents: ReadonlySet<string>): string {
  const names = [...agents];
  const more = names.length - MOST;
  return ` on ${names.slice(0, MOST).join(", ")}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}
