import { Plugin } from "../../api/plugin.ts";
import { PLUGIN_LABEL } from "../../api/names.ts";
import { Workspace } from "../../api/workspace.ts";
import {
  type Clock,
  getCondition,
  isForbidden,
  isNotFound,
  type KubeClient,
  parseApiVersion,
  type Resource,
  type WorkspaceAccess,
  type WorkspaceProvider,
} from "../../kube/mod.ts";
import { bringerOf, notEnabled } from "../manifest/brought_kinds.ts";
import { workspaceFile } from "../manifest/layout.ts";
import { discoverOffline, KindUnavailable } from "../manifest/resolve_kinds.ts";

/** How long a kind may take that a plugin brings, in milliseconds. */
const TIMEOUT = 30_000;
/** Between looks at whether it is served by now, in milliseconds. */
const PERIOD = 200;

/** Options of {@linkcode PluginKindDiscovery}. */
export interface PluginKindDiscoveryOptions {
  workspace: string;
  /** As which the workspace's objects are applied. */
  access: WorkspaceAccess;
  /** The hub's own. */
  client: KubeClient;
  provider: WorkspaceProvider;
  clock: Clock;
  /** Waits so many milliseconds; throws where there is no use in waiting any more. */
  wait(ms: number): Promise<void>;
  signal?: AbortSignal;
}

/** Finds kinds in a workspace; those that its plugins bring may be on their way. */
export class PluginKindDiscovery {
  readonly #options: PluginKindDiscoveryOptions;
  #plugins: Promise<Plugin[]> | undefined;

  constructor(options: PluginKindDiscoveryOptions) {
    this.#options = options;
  }

  /**
   * The resource of a kind, once it can be read in the workspace.
   *
   * @throws KindUnavailable where a plugin brings it, and not here
   */
  async find(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const { access, client, workspace, clock, signal } = this.#options;
    const { group } = parseApiVersion(apiVersion);
    const seek = () => access.client.discover(apiVersion, kind, { signal });
    if (await discoverOffline(apiVersion, kind)) return await seek();
    const plugin = bringerOf(await this.#catalogue(), { group, kind });
    if (!plugin) return await seek();
    const { name } = plugin.metadata;
    const deadline = clock.now() + TIMEOUT;
    while (true) {
      const found = await seek();
      if (found && await this.#isReadable(found)) return found;
      const now = await client.tryGet<Workspace>(Workspace, workspace, {
        signal,
      });
      const entry = now?.spec?.plugins?.find((p) => p.name === name);
      if (!entry || entry.enabled === false) {
        throw new KindUnavailable(
          notEnabled(plugin, { kind, file: workspaceFile(workspace) }),
        );
      }
      if (clock.now() > deadline) {
        const why = getCondition(
          now?.status?.conditions,
          "PluginKindsServed",
        )?.message;
        throw new KindUnavailable(
          `Plugin ${name} brings ${kind}, which is not served as ${apiVersion} here${
            why ? `: ${why}` : ""
          }`,
        );
      }
      await this.#options.wait(PERIOD);
    }
  }

  /** Whether a plugin brings a kind, or did: where it cannot be read, no object of it is left. */
  async isBrought(kind: Pick<Resource, "group" | "kind">): Promise<boolean> {
    return bringerOf(await this.#catalogue(), kind) !== undefined ||
      (await this.#installed()).some((k) =>
        k.group === kind.group && k.kind === kind.kind
      );
  }

  /** The kinds that plugins bring and that can be read in the workspace. */
  async served(): Promise<Resource[]> {
    const all = await Promise.all(
      (await this.#installed()).map(async (kind) =>
        await this.#isReadable(kind) ? [kind] : []
      ),
    );
    return all.flat();
  }

  async #installed(): Promise<Resource[]> {
    const { client, provider: { kinds }, signal } = this.#options;
    const places = await client.listAll(kinds.place, {
      labelSelector: PLUGIN_LABEL,
      signal,
    });
    const all = await Promise.all(places.items.map((p) => kinds.kindsOf(p)));
    return all.flat();
  }

  #catalogue(): Promise<Plugin[]> {
    const { client, signal } = this.#options;
    return this.#plugins ??= client.listAll<Plugin>(Plugin, { signal })
      .then(({ items }) => items);
  }

  async #isReadable(resource: Resource): Promise<boolean> {
    const { access, signal } = this.#options;
    if (!resource.namespaced) return true;
    try {
      const { namespace } = access;
      await access.client.list(resource, { namespace, limit: 1, signal });
      return true;
    } catch (error) {
      if (isForbidden(error) || isNotFound(error)) return false;
      throw error;
    }
  }
}
