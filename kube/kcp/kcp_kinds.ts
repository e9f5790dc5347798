import {
  type APIResourceSchema as Schema,
  apiResourceSchemaOf,
} from "../../api/generate/api_resource_schema.ts";
import type { KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER, MANAGED_LABELS, PLUGIN_LABEL } from "../../api/names.ts";
import type { KubeClient } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { CompareSchemas } from "../compare_schemas.ts";
import type { Informer } from "../informer.ts";
import { isGone, isNotFound } from "../kube_api_error.ts";
import { LinkedSignal } from "../linked_signal.ts";
import { deleteAll, refusal } from "../namespace_kinds.ts";
import {
  type InstalledKind,
  kindKey,
  KindsRefused,
  type PluginKindProvider,
} from "../plugin_kinds.ts";
import type { Resource } from "../resource.ts";
import {
  type Binding,
  bindingsOf,
  ensureBindings,
  type FollowBindingsOptions,
  isBound,
  isNews,
} from "./bindings.ts";
import { checkUpgrade } from "./check_upgrade.ts";
import {
  APIBinding,
  APIExport,
  APIExportEndpointSlice,
  APIResourceSchema,
} from "./kinds.ts";
import { offerSchemas } from "./offer_schemas.ts";
import { type ExportsOfResources, pluginExport } from "./plugin_exports.ts";
import { until } from "./until.ts";

/** Options of {@linkcode kcpKinds}. */
export interface KcpKindsOptions
  extends Omit<FollowBindingsOptions, "exports"> {
  /** A client of a workspace, by its path or the name of its cluster. */
  within: (cluster: string) => KubeClient;
  /** A client of what is at a URL of kcp. */
  at: (url: string) => KubeClient;
  /** The hub's own workspace: `root:faros`. */
  path: string;
  exports: ExportsOfResources;
  compare?: CompareSchemas;
  clock?: Clock;
}

/** An export's bindings, followed for as long as there is one. */
interface Followed {
  informer: Informer<Binding>;
  link: LinkedSignal;
}

/**
 * Kinds of plugins as APIExports, one for each Plugin: a workspace that enables it binds that.
 *
 * @param onChange Called with each workspace of which such a binding has changed or gone.
 */
export function kcpKinds(
  options: KcpKindsOptions,
  onChange: (workspace: string) => void,
): PluginKindProvider {
  const { within, at, path, exports, index, compare, signal } = options;
  const hub = within(path);
  const schemas = new Map<string, Schema>();
  const followed = new Map<string, Followed>();
  /** Workspaces that have had the kinds of a Plugin, as far as this process has heard. */
  const had = new Set<string>();

  async function schemaOf(name: string): Promise<Schema | undefined> {
    let schema = schemas.get(name);
    // Nobody can change one.
    if (!schema) {
      schema = await hub.tryGet<Schema>(APIResourceSchema, name);
      if (schema) schemas.set(name, schema);
    }
    return schema;
  }

  async function kindsOf(found: APIExport): Promise<InstalledKind[]> {
    const plugin = found.metadata.labels?.[PLUGIN_LABEL] ?? "";
    const all = await Promise.all(
      (found.spec.resources ?? []).map(async ({ schema: name }) => {
        const schema = await schemaOf(name);
        return schema ? [installedKind(plugin, schema)] : [];
      }),
    );
    const kinds = all.flat();
    exports.set(plugin, kinds);
    follow(plugin);
    return kinds;
  }

  function follow(plugin: string): void {
    if (followed.has(plugin)) return;
    const link = new LinkedSignal(signal);
    const informer = bindingsOf(pluginExport(plugin), {
      ...options,
      signal: link.signal,
    });
    informer.on((event) => {
      const workspace = event.object.metadata.namespace!;
      if (isBound(event.object)) had.add(`${workspace}/${plugin}`);
      if (isNews(event)) onChange(workspace);
    });
    followed.set(plugin, { informer, link });
  }

  function unfollow(plugin: string): void {
    const found = followed.get(plugin);
    if (!found) return;
    followed.delete(plugin);
    found.link.abort();
    found.link[Symbol.dispose]();
  }

  function bindings(workspace: string, plugin: string): Binding[] {
    const name = pluginExport(plugin);
    const all = followed.get(plugin)?.informer.list(workspace) ?? [];
    return all.filter(({ spec: { reference } }) =>
      reference.export.name === name && reference.export.path === path
    );
  }

  /** A client of a workspace. @throws where there is none */
  function inside(workspace: string): KubeClient {
    const cluster = index.clusterOf(workspace);
    if (!cluster) {
      throw new Error(
        `Cannot reach workspace ${workspace}: there is no kcp workspace of it`,
      );
    }
    return within(cluster);
  }

  /** @throws KindsRefused where another Plugin has the group of one of the schemas */
  async function checkGroups(
    plugin: string,
    wanted: readonly Schema[],
  ): Promise<void> {
    const { items } = await hub.listAll<APIExport>(APIExport, {
      labelSelector: PLUGIN_LABEL,
    });
    for (const { spec: { group, names } } of wanted) {
      const other = items.find(({ metadata, spec }) =>
        metadata.labels?.[PLUGIN_LABEL] !== plugin &&
        spec.resources?.some((r) => r.group === group)
      );
      if (!other) continue;
      throw new KindsRefused(
        "KindConflict",
        `${names.plural}.${group} cannot be installed: API group ${group} is that of Plugin ${
          other.metadata.labels?.[PLUGIN_LABEL]
        }; give the plugin's kinds another group`,
      );
    }
  }

  /** Whether any workspace binds the export, those of others too. */
  async function isBoundAnywhere(name: string): Promise<boolean> {
    const slice = await hub.tryGet<APIExportEndpointSlice>(
      APIExportEndpointSlice,
      name,
    );
    for (const { url } of slice?.status?.endpoints ?? []) {
      try {
        const { items } = await at(`${url}/clusters/*`)
          .list(APIBinding, { limit: 1 });
        if (items.length) return true;
      } catch (error) {
        // Nobody has bound it there any more.
        if (!isGone(error)) throw error;
      }
    }
    return false;
  }

  return {
    place: APIExport,

    kindsOf: (place) => kindsOf(place as APIExport),

    async install(plugin, definitions, { keep }) {
      const name = pluginExport(plugin);
      const wanted = await Promise.all(definitions.map(apiResourceSchemaOf));
      await checkGroups(plugin, wanted);
      const live = await hub.tryGet<APIExport>(APIExport, name);
      const keys = new Set(definitions.map(({ metadata }) => metadata.name));
      const kept = (live?.spec.resources ?? []).filter((resource) => {
        const key = kindKey({ ...resource, plural: resource.name });
        return keep.has(key) && !keys.has(key);
      });
      if (live && compare) {
        const known = await Promise.all(
          kept.map(({ schema }) => schemaOf(schema)),
        );
        const after = [...wanted, ...known.filter((s) => s !== undefined)];
        try {
          await checkUpgrade(live, after, { client: hub, at, compare });
        } catch (error) {
          throw new KindsRefused(
            "KindsUpgradeRefused",
            (error as Error).message,
            { cause: error },
          );
        }
      }
      try {
        await offerSchemas(
          wanted.map((schema) => ({
            ...schema,
            metadata: {
              ...schema.metadata,
              labels: { ...MANAGED_LABELS, [PLUGIN_LABEL]: plugin },
            },
          })),
          { client: hub },
        );
      } catch (error) {
        throw refusal(error) ?? error;
      }
      const write = { fieldManager: HUB_MANAGER, force: true };
      await hub.apply<APIExport>(APIExport, {
        apiVersion: "apis.kcp.io/v1alpha2",
        kind: APIExport.kind,
        metadata: {
          name,
          labels: { ...MANAGED_LABELS, [PLUGIN_LABEL]: plugin },
        },
        spec: {
          resources: [
            ...wanted.map(({ metadata, spec }) => ({
              group: spec.group,
              name: spec.names.plural as string,
              schema: metadata.name,
              storage: { crd: {} },
            })),
            ...kept,
          ],
        },
      }, write);
      const made = await until<APIExport>(APIExport, name, {
        ...options,
        client: hub,
        test: ({ status }) => !!status?.identityHash,
      });
      // kcp makes it with the export, and not again.
      await hub.apply<APIExportEndpointSlice>(APIExportEndpointSlice, {
        apiVersion: "apis.kcp.io/v1alpha1",
        kind: APIExportEndpointSlice.kind,
        metadata: { name },
        spec: { export: { path, name } },
      }, write);
      return await kindsOf(made);
    },

    async remove(plugin) {
      const name = pluginExport(plugin);
      if (await isBoundAnywhere(name)) return false;
      for (const resource of [APIExportEndpointSlice, APIExport]) {
        await hub.delete(resource, name, { ignoreNotFound: true });
      }
      const { items } = await hub.listAll(APIResourceSchema, {
        labelSelector: `${PLUGIN_LABEL}=${plugin}`,
      });
      await deleteAll(hub, APIResourceSchema, items);
      for (const { metadata } of items) schemas.delete(metadata.name);
      unfollow(plugin);
      exports.set(plugin, []);
      options.endpoints.drop(name);
      return true;
    },

    async bind(workspace, plugin, { note = () => {} } = {}) {
      if (bindings(workspace, plugin).some(isBound)) return undefined;
      return await ensureBindings(inside(workspace), {
        path,
        exports: [pluginExport(plugin)],
        note: () => {
          // That there is none is how it begins.
          if (!had.delete(`${workspace}/${plugin}`)) return;
          note({
            type: "Warning",
            reason: "BindingMissing",
            message:
              `There was no APIBinding of Plugin ${plugin}'s kinds: somebody deleted it, and all objects of them went with it. It is made anew; what is in Git comes back with the next sync`,
          });
        },
      });
    },

    isBound: (workspace, plugin) => bindings(workspace, plugin).length > 0,

    async unbind(workspace, plugin) {
      const client = inside(workspace);
      had.delete(`${workspace}/${plugin}`);
      await deleteAll(client, APIBinding, bindings(workspace, plugin));
    },

    async objects(workspace, kind) {
      return await listIn(inside(workspace), kind);
    },

    async deleteObjects(workspace, kind) {
      const client = inside(workspace);
      await deleteAll(client, kind, await listIn(client, kind));
    },
  };
}

/** All objects of a kind, in all namespaces. */
async function listIn(
  client: KubeClient,
  kind: Resource,
): Promise<KubeObject[]> {
  try {
    return (await client.listAll(kind)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function installedKind(
  plugin: string,
  { metadata, spec }: Schema,
): InstalledKind {
  const { versions } = spec;
  return {
    group: spec.group,
    version: (versions.find((v) => v.storage) ?? versions[0]!).name as string,
    plural: spec.names.plural as string,
    kind: spec.names.kind as string,
    namespaced: true,
    plugin,
    hash: metadata.name,
  };
}
