import { HUB_MANAGER } from "../../api/names.ts";
import type { KubeClient } from "../client.ts";
import { type Clock, systemClock } from "../clock.ts";
import { isForbidden, isNotFound } from "../kube_api_error.ts";
import type { WorkspaceMember } from "../workspace_provider.ts";
import { admitHub, admitMembers } from "./access.ts";
import { type KcpWorkspace, LogicalCluster } from "./kinds.ts";

/** What is to be known of the hub's WorkspaceType. */
export interface WorkspaceTypeFacts {
  name: string;
  /** The name that logical clusters know the hub's initializer by. */
  initializer: string;
  /** URLs of the virtual workspaces in which initializing workspaces are open to the hub. */
  initializing: string[];
}

/** Options of {@linkcode initialize}. */
export interface InitializeOptions {
  type: WorkspaceTypeFacts;
  members: WorkspaceMember[];
  /** Who the hub is, to kcp. */
  user: string;
  /** A client of what is at a URL of kcp, as the hub. */
  at: (url: string) => KubeClient;
  clock?: Clock;
}

/** How long kcp may take to let an initializer in, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Lets the hub and the members into a workspace that is being made, by the rights that its initializer has, and lets go
 * of the initializer. Does nothing where kcp does not let it in yet.
 *
 * @throws where kcp has not let it in for long
 */
export async function initialize(
  { metadata, spec: { cluster } }: KcpWorkspace,
  options: InitializeOptions,
): Promise<void> {
  const { type, members, user, at, clock = systemClock } = options;
  for (const url of type.initializing) {
    const inside = at(`${url}/clusters/${cluster}`);
    let logical: LogicalCluster;
    try {
      logical = await inside.get<LogicalCluster>(LogicalCluster, "cluster");
    } catch (error) {
      // On another shard, or no longer initializing.
      if (isForbidden(error) || isNotFound(error)) continue;
      throw error;
    }
    await admitHub(inside, user);
    await admitMembers(inside, members);
    const index = (logical.status?.initializers ?? [])
      .indexOf(type.initializer);
    if (index < 0) return;
    const path = `/status/initializers/${index}`;
    // Others take theirs out at the same time.
    await inside.patch(LogicalCluster, "cluster", [
      { op: "test", path, value: type.initializer },
      { op: "remove", path },
    ], { type: "json", subresource: "status", fieldManager: HUB_MANAGER });
    return;
  }
  // They hear of a new one a moment later than the hub.
  const age = clock.now() - Date.parse(metadata.creationTimestamp!);
  if (age < PATIENCE) return;
  throw new Error(
    `Cannot initialize kcp workspace ${metadata.name}: no virtual workspace for initializing shows it (${
      type.initializing.join(", ") || "kcp names none"
    })`,
  );
}
