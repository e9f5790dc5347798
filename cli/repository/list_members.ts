import { ConfigMap } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { kinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL, SYSTEM_NAMESPACE } from "../../api/names.ts";
import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import {
  APPLYSET_ID_LABEL,
  groupKind,
  groupKindsOf,
  REPOSITORY_ANNOTATION,
} from "../../gitops/plan/apply_set.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isNotFound } from "../../kube/kube_api_error.ts";
import type { Fleet } from "./fleet.ts";

/** An object that a Repository keeps applied. */
export interface Member {
  repository: string;
  /** None for the hub's own objects. */
  workspace?: string;
  resource: Resource;
  object: KubeObject;
}

/** What {@linkcode listMembers} looks for. */
export interface MemberQuery {
  /** @default those of all */
  repository?: string | undefined;
  /** Whether the hub's own are wanted. @default {true} */
  root?: boolean;
  /** @default all */
  workspaces?: readonly string[] | undefined;
  signal?: AbortSignal;
}

/** Requests under way at a time. */
const AT_ONCE = 6;

/** An apply set, as its parent tells. */
interface KnownSet {
  repository: string;
  groupKinds: string[];
}

/**
 * Objects that Repositories keep applied, by workspace, kind and name.
 *
 * Membership is that of apply sets (KEP-3659), so it costs a list of each kind
 * that there is, whatever the number of workspaces; or of each workspace's
 * where only some are asked for.
 */
export async function listMembers(
  fleet: Fleet,
  query: MemberQuery = {},
): Promise<Member[]> {
  const { root = true, workspaces, signal } = query;
  const found: Member[] = [];
  if (root) {
    const sets = await setsIn(fleet.hub, SYSTEM_NAMESPACE, query);
    found.push(
      ...await membersOf(sets, { client: fleet.hub, signal }),
    );
  }
  const places = workspaces ?? [undefined];
  await forEachLimited(places, AT_ONCE, async (namespace) => {
    const sets = await setsIn(fleet.all, namespace, query);
    found.push(
      ...await membersOf(sets, {
        client: fleet.all,
        namespace,
        perNamespace: true,
        signal,
      }),
    );
  });
  const key = ({ workspace = "", object }: Member) =>
    `${workspace}\n${object.kind}\n${object.metadata.name}`;
  return found.sort((a, b) => key(a) < key(b) ? -1 : 1);
}

/** Apply sets of Repositories by `namespace/id`; ids alone repeat on kcp. */
async function setsIn(
  client: KubeClient,
  namespace: string | undefined,
  { repository, signal }: MemberQuery,
): Promise<Map<string, KnownSet>> {
  const { items } = await client.listAll(ConfigMap, {
    ...(namespace === undefined ? {} : { namespace }),
    labelSelector: APPLYSET_ID_LABEL,
    signal,
  });
  const sets = new Map<string, KnownSet>();
  for (const parent of items) {
    const { labels, annotations } = parent.metadata;
    const of = annotations?.[REPOSITORY_ANNOTATION];
    const id = labels?.[APPLYSET_ID_LABEL];
    if (!id || !of || (repository !== undefined && of !== repository)) continue;
    if (namespace === undefined && isHubs(parent)) continue;
    sets.set(`${parent.metadata.namespace}/${id}`, {
      repository: of,
      groupKinds: groupKindsOf(parent),
    });
  }
  return sets;
}

async function membersOf(
  sets: Map<string, KnownSet>,
  options: {
    client: KubeClient;
    namespace?: string | undefined;
    /** Whether members are in the namespace of their set's parent. */
    perNamespace?: boolean;
    signal?: AbortSignal;
  },
): Promise<Member[]> {
  const { client, namespace, perNamespace, signal } = options;
  const members: Member[] = [];
  const names = new Set([...sets.values()].flatMap((set) => set.groupKinds));
  const byId = new Map([...sets].map(([key, set]) => [idOf(key), set]));
  await forEachLimited([...names], AT_ONCE, async (name) => {
    const resource = await resourceOf(name, { client, signal });
    // A kind that is served no longer has no objects.
    if (!resource) return;
    const { items } = await client.listAll(resource, {
      ...(namespace !== undefined && resource.namespaced ? { namespace } : {}),
      labelSelector: APPLYSET_LABEL,
      signal,
    }).catch((error) => {
      if (isNotFound(error)) return { items: [] };
      throw error;
    });
    for (const object of items) {
      const id = object.metadata.labels![APPLYSET_LABEL]!;
      const set = perNamespace
        ? sets.get(`${object.metadata.namespace}/${id}`)
        : byId.get(id);
      if (!set) continue;
      members.push({
        repository: set.repository,
        ...(perNamespace ? { workspace: object.metadata.namespace! } : {}),
        resource,
        object,
      });
    }
  });
  return members;
}

function isHubs(parent: KubeObject): boolean {
  return parent.metadata.namespace === SYSTEM_NAMESPACE;
}

function idOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/** The resource of `Kind.group`, in the version that the server prefers. */
export async function resourceOf(
  name: string,
  { client, signal }: { client: KubeClient; signal?: AbortSignal },
): Promise<Resource | undefined> {
  const own = kinds.find((kind) => groupKind(kind) === name);
  if (own) return own;
  const [kind = "", ...rest] = name.split(".");
  const group = rest.join(".");
  const version = await client.discovery.preferredVersion(group, { signal });
  if (version === undefined) return undefined;
  return await client.discovery.find(
    group ? `${group}/${version}` : version,
    kind,
    { signal },
  );
}
