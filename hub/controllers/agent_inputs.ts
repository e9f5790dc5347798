/**
 * What an Agent's resolution reads, and what it therefore depends on.
 *
 * @module
 */
import type { Gathering } from "./dependencies.ts";
import type { Agent } from "../../api/agent.ts";
import { Secret } from "../../api/core.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import { Plugin } from "../../api/plugin.ts";
import type { Workspace } from "../../api/workspace.ts";
import type { Informer } from "../../kube/informer.ts";
import type { SecretObject } from "../keys/key_secret.ts";
import { enabledPlugins } from "../resolve/enabled_plugins.ts";
import type { PluginObject } from "../resolve/plugin_object.ts";
import { HUB_PUBLISHER, type ResolveInputs } from "../resolve/resolve.ts";
import type { HubContext } from "./context.ts";

/** Names of what an Agent may depend on. */
export const dependency = {
  /** Any plugin object of that name, whatever its kind. */
  object: (namespace: string | undefined, name: string) =>
    `object/${namespace}/${name}`,
  plugin: (name: string) => `plugin/${name}`,
  secret: (namespace: string | undefined, name: string) =>
    `secret/${namespace}/${name}`,
};

/** The informers of plugin objects of Faros's own kinds, one for each; `pluginKinds` has those of others. */
export function pluginObjectInformers(
  context: HubContext,
): Informer<PluginObject>[] {
  return pluginObjectKinds.map((kind) =>
    context.informers.get<PluginObject>(kind)
  );
}

/** Secrets that configs may refer to: all but those that Kubernetes makes itself. */
export function secretInformer(context: HubContext): Informer<SecretObject> {
  return context.informers.get<SecretObject>(Secret, {
    fieldSelector: "type!=kubernetes.io/service-account-token",
  });
}

/** Gathers the inputs; `touched` collects the Agent's dependencies, those on what is not there too. */
export function agentInputs(
  context: HubContext,
  agent: Agent,
  { workspace, touched }: {
    workspace: Workspace;
    touched: Pick<Gathering, "add">;
  },
): ResolveInputs {
  const { namespace } = agent.metadata;
  const catalogue = context.informers.get<Plugin>(Plugin);
  const secrets = secretInformer(context);
  for (const entry of agent.spec?.plugins ?? []) {
    touched.add(dependency.object(namespace, entry.name));
  }
  for (const entry of enabledPlugins(workspace)) {
    touched.add(dependency.plugin(entry.name));
  }
  return {
    agent,
    workspace,
    objects: objectsFor(context, agent),
    plugin: (name) => catalogue.get(undefined, name),
    catalogue: () => catalogue.list(),
    hub: context.keys.keys().map(({ key }) => ({ name: HUB_PUBLISHER, key })),
    secrets: {
      get(name) {
        touched.add(dependency.secret(namespace, name));
        return secrets.get(namespace, name);
      },
      hmac: (value) =>
        context.keys.hmac("secret-reference", [namespace, value]),
    },
  };
}

/**
 * The plugin objects that an Agent names; all of its workspace where one is not there, to tell what may be meant. A
 * workspace may have one for each Agent, and looking at all for each of them would take long.
 */
function objectsFor(
  context: HubContext,
  { metadata: { namespace }, spec }: Agent,
): PluginObject[] {
  const informers: Informer<PluginObject>[] = [
    ...pluginObjectInformers(context),
    ...context.pluginKinds.informers(),
  ];
  const found = new Set<PluginObject>();
  for (const { name } of spec?.plugins ?? []) {
    const named = informers.flatMap((informer) =>
      informer.get(namespace, name) ?? []
    );
    if (!named.length) {
      return informers.flatMap((informer) => informer.list(namespace));
    }
    for (const object of named) found.add(object);
  }
  return [...found];
}
