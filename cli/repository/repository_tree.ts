import { Agent } from "../../api/agent.ts";
import type { Repository } from "../../api/repository.ts";
import { isNotFound } from "../../kube/kube_api_error.ts";
import { devicesOf, type DeviceState } from "./devices_of.ts";
import type { Fleet } from "./fleet.ts";
import { listMembers, type Member } from "./list_members.ts";
import { objectState } from "./object_state.ts";

/** A Repository and what it keeps applied. */
export interface RepositoryTree {
  name: string;
  url: string;
  ready: string;
  commit?: string;
  devices?: { total: number; converged: number; offline: number };
  /** Objects of the hub's own, where there are any. */
  root?: ObjectNode[];
  workspaces: WorkspaceBranch[];
  /** Workspaces that are not shown. */
  more: number;
}

/** A workspace in a {@linkcode RepositoryTree}. */
export interface WorkspaceBranch {
  name: string;
  commit?: string;
  error?: string;
  objects: ObjectNode[];
}

/** An object in a {@linkcode RepositoryTree}. */
export interface ObjectNode {
  kind: string;
  name: string;
  state: string;
  /** Absent where it cannot be told, or it is an Agent: `device` is. */
  devices?: DeviceState[];
  /** Of an Agent. */
  device?: DeviceState;
}

/** Options of {@linkcode repositoryTree}. */
export interface RepositoryTreeOptions {
  /** Workspaces that are shown. @default all */
  workspaces?: readonly string[];
  /** Most workspaces; 0 is all. */
  limit: number;
  signal?: AbortSignal;
}

/** Gathers what a Repository keeps applied. @throws where it has no such workspace */
export async function repositoryTree(
  repository: Repository,
  fleet: Fleet,
  options: RepositoryTreeOptions,
): Promise<RepositoryTree> {
  const { limit, signal } = options;
  const { metadata: { name }, spec, status } = repository;
  const all = status?.workspaces ?? [];
  const wanted = options.workspaces ?? all.map((w) => w.name);
  const unknown = wanted.find((w) => !all.some((known) => known.name === w));
  if (unknown !== undefined) {
    throw new Error(
      `Cannot show workspace ${unknown}: repository ${name} has none of that name; it has ${
        all.slice(0, 10).map((w) => w.name).join(", ") || "none"
      }${all.length > 10 ? " and others" : ""}`,
    );
  }
  const shown = limit ? wanted.slice(0, limit) : wanted;
  const root = options.workspaces === undefined;
  const members = await listMembers(fleet, {
    repository: name,
    root,
    workspaces: shown,
    signal,
  });
  const byWorkspace = Map.groupBy(members, (member) => member.workspace);
  const branches: WorkspaceBranch[] = [];
  for (const workspace of shown) {
    const { commit, error } = all.find((w) => w.name === workspace)!;
    const agents = await agentsIn(workspace, { fleet, signal });
    branches.push({
      name: workspace,
      ...(commit ? { commit } : {}),
      ...(error ? { error: error.message } : {}),
      objects: (byWorkspace.get(workspace) ?? []).map((m) => node(m, agents)),
    });
  }
  const own = (byWorkspace.get(undefined) ?? [])
    // Those that are shown by themselves.
    .filter(({ object }) => object.kind !== "Workspace");
  return {
    name,
    url: spec.url,
    ready: spec.suspend ? "Suspended" : objectState(repository),
    ...(status?.appliedCommit ? { commit: status.appliedCommit } : {}),
    ...(status?.devices ? { devices: status.devices } : {}),
    ...(own.length ? { root: own.map((m) => node(m, [])) } : {}),
    workspaces: branches,
    more: wanted.length - shown.length,
  };
}

async function agentsIn(
  namespace: string,
  { fleet, signal }: { fleet: Fleet; signal?: AbortSignal },
): Promise<Agent[]> {
  try {
    return (await fleet.all.listAll<Agent>(Agent, { namespace, signal })).items;
  } catch (error) {
    if (isNotFound(error)) return []; // the workspace has just gone
    throw error;
  }
}

function node(member: Member, agents: readonly Agent[]): ObjectNode {
  const { kind, metadata: { name } } = member.object;
  const state = objectState(member.object);
  const devices = devicesOf(member, agents);
  if (kind === Agent.kind && devices?.[0]) {
    return { kind, name, state, device: devices[0] };
  }
  return { kind, name, state, ...(devices ? { devices } : {}) };
}
