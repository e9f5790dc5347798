/**
 * What an Agent means: a pure function of its inputs.
 *
 * @module
 */
import type { Agent } from "../../api/agent.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Plugin } from "../../api/plugin.ts";
import type { AgentPlugin } from "../../api/plugin_entry.ts";
import type { ResolvedPlugin, Revision } from "../../api/revision.ts";
import type { Workspace } from "../../api/workspace.ts";
import { objectOf } from "./object_of.ts";
import { type PluginObject, readPluginObject } from "./plugin_object.ts";
import { Problem } from "./problem.ts";
import { type Provider, providerOf, type Wanted } from "./provider_of.ts";
import { resolveConfig } from "./resolve_config.ts";
import type { LiftedSecret, SecretReader } from "./secrets.ts";
import { type Publisher, publisherOf } from "./trust.ts";

/** Name of the hub as publisher. */
export const HUB_PUBLISHER = "hub";

/** All that decides what an Agent's device is to run. */
export interface ResolveInputs {
  agent: Agent;
  workspace: Workspace;
  /** The workspace's plugin objects. */
  objects: PluginObject[];
  /** A Plugin of the catalogue. */
  plugin(name: string): Plugin | undefined;
  catalogue(): Plugin[];
  /** The hub as publisher, once for each of its keys. */
  hub: Publisher[];
  secrets: SecretReader;
}

/** What an Agent resolves to. */
export interface Resolved {
  spec: Revision["spec"];
  /** Secrets that have to be there before the Revision is. */
  lifted: LiftedSecret[];
  /** The objects that decided: the Agent, its workspace, plugin objects, Plugins. */
  used: KubeObject[];
}

/**
 * Resolves an Agent.
 *
 * @throws Problem where something has to change first
 */
export async function resolve(inputs: ResolveInputs): Promise<Resolved> {
  const { agent, workspace } = inputs;
  const plugins: ResolvedPlugin[] = [];
  const lifted: LiftedSecret[] = [];
  const used = new Set<KubeObject>([agent, workspace]);
  const named = new Set<string>();
  const choose = oncePerWish(inputs);
  for (const [index, entry] of (agent.spec?.plugins ?? []).entries()) {
    const object = objectOf(entry, inputs);
    const what = `${object.kind} ${object.metadata.name}`;
    if (named.has(what)) {
      throw new Problem(
        "DuplicatePlugin",
        `spec.plugins[${index}] names ${what} once more; leave one entry`,
      );
    }
    named.add(what);
    const resolved = await resolveEntry(entry, object, { ...inputs, choose });
    plugins.push(resolved.plugin);
    lifted.push(...resolved.lifted);
    used.add(object).add(resolved.catalogue);
  }
  return { spec: { plugins }, lifted, used: [...used] };
}

type Choose = (wanted: Wanted, version: string | undefined) => Provider;

/** Chooses what serves plugin objects: looked for once for all that want the same, since a workspace may enable many. */
function oncePerWish({ workspace, plugin, catalogue }: ResolveInputs): Choose {
  const chosen = new Map<string, Provider>();
  return (wanted, version) => {
    const { kind, type, group } = wanted;
    const wish = JSON.stringify([kind, type, group, version]);
    let provider = chosen.get(wish);
    if (!provider) {
      provider = providerOf(wanted, { workspace, plugin, catalogue, version });
      chosen.set(wish, provider);
    }
    return provider;
  };
}

async function resolveEntry(
  entry: AgentPlugin,
  object: PluginObject,
  inputs: ResolveInputs & { choose: Choose },
): Promise<
  { plugin: ResolvedPlugin; lifted: LiftedSecret[]; catalogue: Plugin }
> {
  const { agent, workspace } = inputs;
  const { kind, metadata: { name } } = object;
  const { wanted } = readPluginObject(object);
  const { plugin, version } = inputs.choose(wanted, entry.version);
  const where = `Plugin ${plugin.metadata.name} ${version.version}`;
  const publishers = [
    ...inputs.hub,
    // Whatever a workspace calls them, only the hub's keys are the hub's.
    ...(workspace.spec?.trust ?? []).filter((p) => p.name !== HUB_PUBLISHER),
  ];
  const publisher = await publisherOf({
    plugin: plugin.metadata.name,
    version: version.version,
    artifacts: version.artifacts,
  }, publishers);
  if (!publisher) {
    throw new Problem(
      "UntrustedPlugin",
      `no key that Workspace ${workspace.metadata.name} trusts has signed ${where}; it trusts ${
        [...new Set(publishers.map((p) => p.name))].join(", ")
      }. Add the publisher's key to the Workspace's spec.trust`,
    );
  }
  const { config, references, lifted, problems, place } = await resolveConfig({
    object,
    agent,
    entry,
    version,
    where,
    secrets: inputs.secrets,
  });
  if (problems.length) {
    throw new Problem(
      "ConfigInvalid",
      `config of ${kind} ${name} for ${where}: ${problems.join("; ")}`,
      { place },
    );
  }
  return {
    plugin: {
      name,
      kind,
      ...(wanted.type === undefined ? {} : { type: wanted.type }),
      plugin: plugin.metadata.name,
      version: version.version,
      form: version.form ?? "script",
      artifacts: version.artifacts,
      publisher,
      ...(version.permissions ? { permissions: version.permissions } : {}),
      config,
      ...(references.length ? { secrets: references } : {}),
    },
    lifted,
    catalogue: plugin,
  };
}
