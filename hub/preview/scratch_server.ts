import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYNC_SERVICE_ACCOUNT } from "../../api/names.ts";
import { Namespace, Role, RoleBinding } from "../../api/core.ts";
import { Plugin } from "../../api/plugin.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import type { Workspace } from "../../api/workspace.ts";
import {
  type ApiServer,
  type JsonObject,
  startApiServer,
  StatusError,
} from "../../apiserver/mod.ts";
import { KubeClient } from "../../kube/client.ts";
import { KubeApiError, type Status } from "../../kube/kube_api_error.ts";
import { namespaceWorkspaces } from "../../kube/namespace_workspaces.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import type {
  WorkspaceAccess,
  WorkspaceProvider,
} from "../../kube/workspace_provider.ts";
import { Artifacts } from "../artifacts.ts";
import { compareSchemas } from "../compare_schemas.ts";
import { publishPlugin } from "../controllers/plugin.ts";
import { workspaceRoles } from "../controllers/workspace_roles.ts";
import { install } from "../install.ts";
import { HubKeys } from "../keys/hub_keys.ts";
import { createKeyRing } from "../keys/key_ring.ts";
import { ScratchKinds } from "./scratch_kinds.ts";

/** Options of {@linkcode ScratchServer.start}. */
export interface ScratchServerOptions {
  /** Plugins that a hub would publish. */
  catalogue: PluginBundle[];
  /** See {@linkcode startApiServer}. @default {"default"} */
  builtins?: "default" | "all";
  signal?: AbortSignal;
}

/**
 * A Kubernetes API in this process's memory with the kinds and the catalogue
 * of a hub. It is on no network and no disk, and knows no cluster's secrets:
 * its keys are made for it and end with it.
 */
export class ScratchServer implements AsyncDisposable {
  readonly #server: ApiServer;
  readonly #provider: WorkspaceProvider;
  readonly #kinds: ScratchKinds;
  /** What of plugins' kinds each workspace's Roles are about, as text. */
  readonly #served = new Map<string, string>();
  /** As the hub. */
  readonly client: KubeClient;
  /** Those by which the hub's own plugins are signed here. */
  readonly keys: HubKeys;

  private constructor(server: ApiServer, keys: HubKeys) {
    this.#server = server;
    this.keys = keys;
    this.client = new KubeClient(createRestClient(
      { server: server.url, token: server.adminToken },
      { fetch: (input, init) => server.fetch(new Request(input, init)) },
    ));
    this.#provider = namespaceWorkspaces({
      client: this.client,
      server: server.url,
      compare: () => Promise.resolve(compareSchemas),
    });
    this.#kinds = new ScratchKinds(this, this.#provider.kinds);
  }

  static async start(options: ScratchServerOptions): Promise<ScratchServer> {
    const { signal } = options;
    const server = await startApiServer({
      listen: false,
      builtins: options.builtins,
      // What fails in the background here is nobody's concern.
      log: () => {},
    });
    try {
      const keys = new HubKeys(await createKeyRing(Date.now()));
      const scratch = new ScratchServer(server, keys);
      const { client } = scratch;
      await install(client, { signal });
      const artifacts = new Artifacts({ client });
      for (
        const own of Map.groupBy(options.catalogue, ({ name }) => name).values()
      ) {
        await publishPlugin({ client, keys, signal }, { own, artifacts });
      }
      return scratch;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Access as the sync identity of a workspace, or as the hub. */
  access(workspace: string): WorkspaceAccess {
    return this.#provider.openAsSync(workspace);
  }

  /** Objects as they are stored; they are not to be changed. */
  list<T extends KubeObject = KubeObject>(
    resource: Pick<Resource, "group" | "plural">,
    namespace?: string,
  ): T[] {
    const { group, plural } = resource;
    return this.#server.client.reader.list({
      group,
      resource: plural,
      ...(namespace === undefined ? {} : { namespace }),
    }) as unknown as T[];
  }

  /** An object as it is stored. */
  get(
    resource: Resource,
    { namespace, name }: { namespace?: string; name: string },
  ): KubeObject | undefined {
    return this.#server.client.reader.get({
      group: resource.group,
      resource: resource.plural,
      ...(resource.namespaced && namespace ? { namespace } : {}),
      name,
    }) as unknown as KubeObject | undefined;
  }

  /**
   * Writes an object whole, past the HTTP of the server but through its
   * defaults, schemas and CEL: a fifth of an apply's cost.
   *
   * @param live What it takes the place of.
   * @throws {KubeApiError}
   */
  async put(
    resource: Resource,
    object: KubeObject,
    live?: KubeObject,
  ): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    const key = {
      group: resource.group,
      resource: resource.plural,
      ...(resource.namespaced && namespace ? { namespace } : {}),
    };
    try {
      if (!live) {
        return await this.#server.client.create(
          key,
          object as unknown as JsonObject,
        ) as unknown as KubeObject;
      }
      const { resourceVersion } = live.metadata;
      return await this.#server.client.update({ ...key, name }, {
        ...object,
        metadata: { ...object.metadata, resourceVersion },
      } as never) as unknown as KubeObject;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw new KubeApiError(error.toStatus() as unknown as Status);
    }
  }

  /**
   * Makes the place of a workspace, with the kinds that its plugins bring and
   * the rights of the identity that its folder is applied as.
   *
   * @returns Why kinds are not as its plugins have them.
   * @throws {WorkspaceConflict}
   */
  async makePlace(workspace: Workspace): Promise<string[]> {
    const { name } = workspace.metadata;
    const { kinds, problems } = await this.#kinds.serve(workspace);
    const served = JSON.stringify(kinds);
    const isThere = this.get(Namespace, { name }) !== undefined;
    if (isThere && (this.#served.get(name) ?? "[]") === served) {
      return problems;
    }
    await this.#provider.ensure(name, { owner: workspace, members: [] });
    this.#served.set(name, served);
    const { namespace } = this.#provider.open(name);
    for (const role of workspaceRoles(workspace, { namespace, kinds })) {
      const isSync = role.subjects.some((s) => s.name === SYNC_SERVICE_ACCOUNT);
      if (!isSync) continue;
      const metadata = { name: role.name, namespace };
      const { group } = Role;
      await this.put(
        Role,
        {
          apiVersion: `${group}/${Role.version}`,
          kind: Role.kind,
          metadata,
          rules: role.rules,
        } as KubeObject,
        this.get(Role, metadata),
      );
      if (isThere) continue;
      await this.put(
        RoleBinding,
        {
          apiVersion: `${group}/${RoleBinding.version}`,
          kind: RoleBinding.kind,
          metadata,
          roleRef: { apiGroup: group, kind: Role.kind, name: role.name },
          subjects: role.subjects,
        } as KubeObject,
      );
    }
    return problems;
  }

  /** Kinds that plugins bring, of all workspaces. */
  pluginKinds(): Resource[] {
    return this.#kinds.all();
  }

  /** Whether a workspace has a kind that a plugin brings. */
  serves(workspace: string, kind: Resource): boolean {
    return this.#kinds.serves(workspace, kind);
  }

  /** The catalogue. */
  plugins(): Plugin[] {
    return this.list<Plugin>(Plugin);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.#server.close();
  }
}
