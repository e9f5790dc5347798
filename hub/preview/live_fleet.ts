import { ConfigMap, CustomResourceDefinition, Secret } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { kinds, workspaceManifestKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL, HUB_API, SYSTEM_NAMESPACE } from "../../api/names.ts";
import { Plugin } from "../../api/plugin.ts";
import { ClaimType } from "../../api/protocol/claims.ts";
import { Repository } from "../../api/repository.ts";
import { Workspace } from "../../api/workspace.ts";
import { applySet } from "../../gitops/plan/apply_set.ts";
import { discoverOffline } from "../../gitops/manifest/resolve_kinds.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isNotFound, KubeApiError } from "../../kube/kube_api_error.ts";
import type { FleetLoader } from "./load_fleet.ts";
import type { ScratchServer } from "./scratch_server.ts";

/** What a cluster has of a fleet, read once. */
export interface LiveFleet {
  repository: Repository;
  /** Those of the hub's own first. */
  objects: { resource: Resource; object: KubeObject }[];
  /** Kinds of others that the fleet uses. */
  crds: KubeObject[];
  /** Whether whoever asked may not see Secrets. */
  secretsHidden: boolean;
}

/** Options of {@linkcode readLive}. */
export interface ReadLiveOptions {
  /** The API that has Workspaces, the catalogue and Repositories. */
  hub: KubeClient;
  /** The API that has the objects of all workspaces, each in the namespace of its name. */
  all: KubeClient;
  /** Name of the Repository. @default the only one */
  repository?: string | undefined;
  /** `apiVersion` and `kind` of what the other side has. */
  used: Iterable<{ apiVersion: string; kind: string }>;
  signal?: AbortSignal;
}

/**
 * Reads what a cluster has of a fleet. Nothing is written, and nobody is asked
 * for more than to get and list.
 *
 * @throws where there is no such Repository, or it may not be seen
 */
export async function readLive(options: ReadLiveOptions): Promise<LiveFleet> {
  const { hub, all, signal } = options;
  const repository = await findRepository(options);
  const objects: LiveFleet["objects"] = [];
  const crds: KubeObject[] = [];
  const take = async (
    resource: Resource,
    from: {
      client: KubeClient;
      keep: (object: KubeObject) => boolean;
      namespace?: string;
      labelSelector?: string;
    },
  ) => {
    const { items } = await from.client.listAll(resource, {
      namespace: from.namespace,
      labelSelector: from.labelSelector,
      // Tokens are nobody's config.
      ...(resource === Secret
        ? { fieldSelector: "type!=kubernetes.io/service-account-token" }
        : {}),
      signal,
    });
    for (const object of items) {
      if (from.keep(object)) objects.push({ resource, object });
    }
  };
  const cluster = { client: hub, keep: () => true };
  await take(Workspace, cluster);
  const workspaces = new Set(objects.map(({ object }) => object.metadata.name));
  await take(Plugin, cluster);
  await take(Repository, cluster);
  const inWorkspace = {
    client: all,
    keep: ({ metadata: { namespace } }: KubeObject) =>
      namespace !== undefined && workspaces.has(namespace),
  };
  for (const kind of workspaceManifestKinds) await take(kind, inWorkspace);
  await take(ConfigMap, inWorkspace);
  // Of the hub's own namespace, what is of this repository: no keys of the hub.
  const { id } = await applySet({
    repository: repository.metadata.name,
    namespace: SYSTEM_NAMESPACE,
    of: "root",
  });
  const ofRoot = {
    ...cluster,
    namespace: SYSTEM_NAMESPACE,
    labelSelector: `${APPLYSET_LABEL}=${id}`,
  };
  await take(ConfigMap, ofRoot);
  let secretsHidden = false;
  try {
    await take(Secret, inWorkspace);
    await take(Secret, ofRoot);
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.code !== 403) throw error;
    secretsHidden = true;
  }
  const taken = new Set<string>([
    ...kinds.map(({ kind }) => kind),
    ConfigMap.kind,
    Secret.kind,
  ]);
  for (const { apiVersion, kind } of options.used) {
    if (taken.has(kind)) continue;
    taken.add(kind);
    const resource = await hub.discover(apiVersion, kind, { signal });
    if (!resource) continue;
    await take(resource, {
      client: resource.namespaced ? all : hub,
      keep: (object) =>
        !resource.namespaced || inWorkspace.keep(object) ||
        object.metadata.namespace === SYSTEM_NAMESPACE,
    });
    const name = `${resource.plural}.${resource.group}`;
    if (!resource.group || await discoverOffline(apiVersion, kind)) continue;
    try {
      crds.push(await hub.get(CustomResourceDefinition, name, { signal }));
    } catch (error) {
      // Served by something else than a CRD, and so not known here.
      if (!isNotFound(error)) throw error;
    }
  }
  return { repository, objects, crds, secretsHidden };
}

async function findRepository(
  { hub, repository, signal }: ReadLiveOptions,
): Promise<Repository> {
  const what = "Cannot compare with the cluster";
  if (repository !== undefined) {
    const found = await hub.tryGet<Repository>(Repository, repository, {
      signal,
    });
    if (found) return found;
    throw new Error(`${what}: there is no Repository ${repository}`);
  }
  const { items } = await hub.listAll<Repository>(Repository, { signal });
  if (items.length === 1) return items[0]!;
  throw new Error(
    items.length === 0
      ? `${what}: it has no Repository`
      : `${what}: it has the Repositories ${
        items.map(({ metadata }) => metadata.name).join(", ")
      }; name the one of this fleet by --repository`,
  );
}

/** Makes a server have what a cluster has: as it is, but for who made it. */
export async function loadLive(
  live: LiveFleet,
  { server, loader }: { server: ScratchServer; loader: FleetLoader },
): Promise<void> {
  for (const crd of live.crds) {
    await server.put(CustomResourceDefinition, bare(crd));
  }
  server.client.discovery.invalidate();
  for (const { resource, object } of live.objects) {
    // A controller makes it of its owner, wherever that is.
    if (object.metadata.ownerReferences?.some((owner) => owner.controller)) {
      continue;
    }
    const { namespace } = object.metadata;
    const loaded = resource === Plugin
      ? await signedAnew(object as Plugin, server)
      : object;
    const there = server.get(resource, object.metadata);
    // Whoever creates an object has all its fields; who has them in the cluster
    // is told afterwards, by what changes nothing else.
    const made = await server.put(resource, bare(loaded), there);
    await server.put(resource, bare(loaded), made);
    if (resource === Workspace) {
      await server.makePlace(
        server.get(Workspace, object.metadata) as Workspace,
      );
    }
    loader.noteResource(namespace ?? SYSTEM_NAMESPACE, resource);
  }
}

/** An object without what is the server's to say; who set which field stays. */
function bare(object: KubeObject): KubeObject {
  const { status: _, metadata, ...rest } = object as KubeObject & {
    status?: unknown;
  };
  const { name, namespace, labels, annotations, managedFields } = metadata;
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(managedFields
        ? { managedFields: managedFields.filter((e) => !e.subresource) }
        : {}),
    },
  };
}

/** The hub's own plugins are signed by keys of the hub's, which are not known here: by those of the server then. */
async function signedAnew(
  plugin: Plugin,
  { keys }: ScratchServer,
): Promise<Plugin> {
  const { metadata: { name }, spec } = plugin;
  const versions = await Promise.all(spec.versions.map(async (version) => ({
    ...version,
    artifacts: await Promise.all(
      version.artifacts.map(async (artifact) =>
        artifact.url.startsWith(`${HUB_API}/`)
          ? {
            ...artifact,
            signature: await keys.sign({
              plugin: name,
              version: version.version,
              digest: artifact.digest,
            }, ClaimType.artifact),
          }
          : artifact
      ),
    ),
  })));
  return { ...plugin, spec: { ...spec, versions } };
}
