import { Agent } from "../../api/agent.ts";
import { ConfigMap } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  APPLYSET_LABEL,
  COMMIT_ANNOTATION,
  SYSTEM_NAMESPACE,
} from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import { Workspace } from "../../api/workspace.ts";
import {
  APPLYSET_ID_LABEL,
  REPOSITORY_ANNOTATION,
} from "../../gitops/plan/apply_set.ts";
import type { KubeClient } from "../../kube/client.ts";
import { devicesOf, type DeviceState, deviceState } from "./devices_of.ts";
import type { Fleet } from "./fleet.ts";
import { listMembers, type Member } from "./list_members.ts";
import { objectState } from "./object_state.ts";
import {
  type CommitOrigin,
  fromTop,
  type Origin,
  Origins,
  placeOf,
} from "./origins.ts";

/** An object, where it comes from, and which devices it reaches. */
export interface Trace extends Origin {
  kind: string;
  name: string;
  workspace?: string;
  state: string;
  /** Absent for kinds of which that cannot be told. */
  devices?: DeviceState[];
}

/** A commit, the objects that it changed last, and the devices that were given orders by it. */
export interface CommitTrace extends CommitOrigin {
  repository: string;
  objects: Trace[];
  devices: DeviceState[];
}

interface Options {
  signal?: AbortSignal;
}

/** Where an object is. */
export interface ObjectPlace {
  resource: Resource;
  name: string;
  client: KubeClient;
  /** Of the object; of a cluster-scoped one none. */
  namespace?: string;
  /** As people call it. */
  workspace?: string;
  hub: KubeClient;
  /** Has the Agents of the workspaces, each in the namespace of its name. @default `client` */
  all?: KubeClient;
}

/**
 * From an object to its commit and devices.
 *
 * @throws where there is none, or no Repository applied it
 */
export async function traceObject(
  place: ObjectPlace,
  { signal }: Options = {},
): Promise<Trace> {
  const { resource, name, client, namespace, workspace, hub } = place;
  const { all = client } = place;
  const scope = namespace === undefined ? {} : { namespace };
  const what = `${resource.kind} ${name}`;
  const object = await client.tryGet(resource, name, { ...scope, signal });
  if (!object) {
    throw new Error(
      `Cannot trace ${what}: there is none of that name${
        workspace ? ` in workspace ${workspace}` : ""
      }`,
    );
  }
  const id = object.metadata.labels?.[APPLYSET_LABEL];
  if (!id) {
    throw new Error(
      `Cannot trace ${what}: no repository applied it; it was made by hand, or by the hub itself`,
    );
  }
  const repository = await repositoryOf(id, {
    client,
    namespace: namespace ?? SYSTEM_NAMESPACE,
    signal,
  });
  const origins = new Origins(hub, { signal });
  const origin = await origins.of(object, repository);
  if (!origin) {
    throw new Error(
      `Cannot trace ${what}: it has no annotation ${COMMIT_ANNOTATION}; 'faros repository sync ${repository}' puts it there`,
    );
  }
  const inside = resource.kind === Workspace.kind ? name : namespace;
  const agents = inside === undefined
    ? []
    : (await all.listAll<Agent>(Agent, { namespace: inside, signal })).items;
  return toTrace(
    { repository, resource, object, ...(workspace ? { workspace } : {}) },
    { origin, agents },
  );
}

/**
 * From a file, or a line of it, to what was applied of it.
 *
 * @param file From the top of the repository, or from a Repository's path
 * @throws where there is none
 */
export async function traceFile(
  { file, line }: { file: string; line?: number },
  fleet: Fleet,
  options: Options & { repository?: string | undefined } = {},
): Promise<Trace[]> {
  const { repository, signal } = options;
  const { items } = await fleet.hub.listAll<Repository>(Repository, { signal });
  const paths = new Map(items.map((r) => [r.metadata.name, r.spec.path]));
  const [, workspace] = /(?:^|\/)workspaces\/([^/]+)\//.exec(file) ?? [];
  const members = await listMembers(fleet, {
    repository,
    workspaces: workspace === undefined ? [] : [workspace],
    signal,
  });
  let found = members.filter((member) => {
    const place = placeOf(member.object);
    return place &&
      (place.file === file ||
        fromTop(place.file, paths.get(member.repository)) === file);
  });
  if (line !== undefined) found = atLine(found, line);
  if (found.length === 0) {
    throw new Error(
      `Cannot trace ${file}${
        line === undefined ? "" : `:${line}`
      }: nothing that is applied stands there. Objects tell where they stood in the commit that changed them last, which may be another file where it was only moved`,
    );
  }
  return await traces(found, fleet, options);
}

/** The objects whose manifest a line is in: the last that begins at or before it. */
function atLine(members: Member[], line: number): Member[] {
  const before = members.flatMap((member) => {
    const at = placeOf(member.object)!.line;
    return at <= line ? [{ member, at }] : [];
  });
  const nearest = Math.max(...before.map(({ at }) => at));
  return before.filter(({ at }) => at === nearest).map(({ member }) => member);
}

/**
 * From a commit, or the beginning of its hash, to the objects and devices that
 * it changed last.
 *
 * @throws where nothing knows it
 */
export async function traceCommit(
  commit: string,
  fleet: Fleet,
  options: Options & { repository?: string | undefined } = {},
): Promise<CommitTrace[]> {
  const { signal } = options;
  const isIt = (hash: string | undefined) => !!hash?.startsWith(commit);
  const { items } = await fleet.hub.listAll<Repository>(Repository, { signal });
  const members = (await listMembers(fleet, options)).filter(({ object }) =>
    isIt(object.metadata.annotations?.[COMMIT_ANNOTATION])
  );
  const agents = (await fleet.all.listAll<Agent>(Agent, { signal })).items
    .filter(({ status }) => isIt(status?.assignment?.commit));
  const origins = new Origins(fleet.hub, { signal });
  const found: CommitTrace[] = [];
  for (const { metadata: { name }, status } of items) {
    if (options.repository !== undefined && name !== options.repository) {
      continue;
    }
    const own = members.filter((member) => member.repository === name);
    const hash = own[0]?.object.metadata.annotations?.[COMMIT_ANNOTATION] ??
      Object.keys(await origins.log(name)).find(isIt) ??
      [status?.appliedCommit, status?.observedCommit].find(isIt);
    if (!hash) continue;
    const workspaces = new Set(status?.workspaces?.map((w) => w.name));
    found.push({
      repository: name,
      ...await origins.commit(hash, name),
      objects: await traces(own, fleet, options),
      devices: agents.filter(({ metadata }) =>
        workspaces.has(metadata.namespace ?? "")
      ).map(deviceState),
    });
  }
  if (found.length === 0) {
    throw new Error(
      `Cannot trace commit ${commit}: no repository's newest commit, log of commits or object tells of it; it may be older than what the hub keeps, or was overtaken by a newer one`,
    );
  }
  return found;
}

async function traces(
  members: Member[],
  fleet: Fleet,
  { signal }: Options,
): Promise<Trace[]> {
  const origins = new Origins(fleet.hub, { signal });
  const agents = new Map<string, Agent[]>();
  const result: Trace[] = [];
  for (const member of members) {
    const origin = await origins.of(member.object, member.repository);
    if (!origin) continue;
    const { resource, object } = member;
    const inside = resource.kind === Workspace.kind
      ? object.metadata.name
      : member.workspace;
    if (inside !== undefined && !agents.has(inside)) {
      const list = await fleet.all.listAll<Agent>(Agent, {
        namespace: inside,
        signal,
      });
      agents.set(inside, list.items);
    }
    result.push(
      toTrace(member, { origin, agents: agents.get(inside ?? "") ?? [] }),
    );
  }
  return result;
}

function toTrace(
  member: Member,
  { origin, agents }: { origin: Origin; agents: Agent[] },
): Trace {
  const { object, workspace } = member;
  const devices = devicesOf(member, agents)?.map((device) => ({
    ...device,
    // Of a workspace of kcp, its own namespace tells nothing.
    workspace: workspace ?? device.workspace,
  }));
  return {
    kind: object.kind,
    name: object.metadata.name,
    ...(workspace ? { workspace } : {}),
    state: objectState(object),
    ...origin,
    ...(devices ? { devices } : {}),
  };
}

/** The Repository whose apply set that is. */
async function repositoryOf(
  id: string,
  { client, namespace, signal }: {
    client: KubeClient;
    namespace: string;
    signal?: AbortSignal;
  },
): Promise<string> {
  const { items: [parent] } = await client.list<KubeObject>(ConfigMap, {
    namespace,
    labelSelector: `${APPLYSET_ID_LABEL}=${id}`,
    signal,
  });
  const name = parent?.metadata.annotations?.[REPOSITORY_ANNOTATION];
  if (name) return name;
  throw new Error(
    `Cannot trace it: its apply set ${id} has no parent in namespace ${namespace}; another tool than Faros applied it`,
  );
}
