import type { Command } from "./command.ts";

/** A command's place in the program. */
export interface Entry {
  /** `["workspace", "create"]` */
  path: readonly string[];
  summary: string;
  /** Left out of the help. */
  hidden?: boolean;
  /** Imports the command's file: only the one that runs is loaded. */
  load(): Promise<{ command: Command }>;
}

/** A word that only has commands below it. */
export interface Group {
  path: readonly string[];
  summary: string;
}

/** Groups that are no commands themselves. */
export const groups: readonly Group[] = [
  { path: ["workspace"], summary: "Make, list, use and delete workspaces" },
  {
    path: ["generate"],
    summary: "Write what is generated from the kinds of Faros",
  },
];

const entry = (
  path: string,
  summary: string,
  load: Entry["load"],
): Entry => ({ path: path.split(" "), summary, load });

/** All commands, in the order of the help. */
export const entries: readonly Entry[] = [
  entry(
    "demo",
    "Show a git push reach three devices, on this machine",
    () => import("./commands/demo.ts"),
  ),
  entry(
    "up",
    "Run hub and API server in one process",
    () => import("./commands/up.ts"),
  ),
  entry(
    "hub",
    "Run the hub against a Kubernetes API server",
    () => import("./commands/hub.ts"),
  ),
  entry(
    "apiserver",
    "Run the embedded Kubernetes API server alone; and commands on its data",
    () => import("./commands/apiserver.ts"),
  ),
  entry(
    "apiserver check",
    "Check the database of a server that does not run",
    () => import("./commands/apiserver_check.ts"),
  ),
  entry(
    "apiserver salvage",
    "Save what is readable of a damaged database",
    () => import("./commands/apiserver_salvage.ts"),
  ),
  entry(
    "backup",
    "Write a backup of the embedded API server",
    () => import("./commands/backup.ts"),
  ),
  entry(
    "restore",
    "Make a data folder from a backup",
    () => import("./commands/restore.ts"),
  ),
  entry(
    "agent",
    "Run the agent of this device; and commands on agents",
    () => import("./commands/agent.ts"),
  ),
  entry(
    "agent generate",
    "Write the kubeconfig that a device joins with",
    () => import("./commands/agent_generate.ts"),
  ),
  entry(
    "agent approve",
    "Let a device that waits for it join",
    () => import("./commands/agent_approve.ts"),
  ),
  entry(
    "agent get",
    "Show agents",
    () => import("./commands/agent_get.ts"),
  ),
  entry(
    "workspace create",
    "Make a workspace",
    () => import("./commands/workspace_create.ts"),
  ),
  entry(
    "workspace get",
    "Show workspaces",
    () => import("./commands/workspace_get.ts"),
  ),
  entry(
    "workspace use",
    "Make a workspace the kubeconfig's current one",
    () => import("./commands/workspace_use.ts"),
  ),
  entry(
    "workspace delete",
    "Delete a workspace with all that is in it",
    () => import("./commands/workspace_delete.ts"),
  ),
  entry(
    "validate",
    "Check a fleet repository's files",
    () => import("./commands/validate.ts"),
  ),
  entry(
    "generate crds",
    "Write the CustomResourceDefinitions",
    () => import("./commands/generate_crds.ts"),
  ),
  entry(
    "generate schemas",
    "Write JSON Schemas for editors",
    () => import("./commands/generate_schemas.ts"),
  ),
  entry(
    "generate docs",
    "Write the reference pages",
    () => import("./commands/generate_docs.ts"),
  ),
  entry("version", "Show versions", () => import("./commands/version.ts")),
  {
    ...entry(
      "plugin-host",
      "Run plugins on behalf of an agent",
      () => import("./commands/plugin_host.ts"),
    ),
    hidden: true,
  },
];

/** Commands and groups right below `path`; of a group without a command itself, the commands in it. */
export function childrenOf(path: readonly string[]): Entry[] {
  return entries.filter((e) =>
    !e.hidden && e.path.length > path.length &&
    path.every((word, i) => e.path[i] === word)
  );
}
