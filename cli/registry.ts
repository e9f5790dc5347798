import type { Command } from "./command.ts";

/** A command's place in the program. */
export interface Entry {
  /** `["workspace", "create"]` */
  path: readonly string[];
  summary: string;
  /** Left out of the help. */
  hidden?: boolean;
  /** Path of the command's file in the project. */
  file: string;
  /** Imports that file: only the one that runs is loaded. */
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
    path: ["repository"],
    summary: "Follow Git repositories, and see what becomes of them",
  },
  {
    path: ["generate"],
    summary: "Write what is generated from the kinds of Faros",
  },
];

/** A command whose file is named like it: that of `agent get` is `cli/commands/agent_get.ts`. */
function entry(path: string, summary: string): Entry {
  const file = `cli/commands/${path.replaceAll(/[ -]/g, "_")}.ts`;
  // No literal: all that those lead to is read into memory before anything runs, which took 5 MiB.
  const url = new URL(`../${file}`, import.meta.url).href;
  return { path: path.split(" "), summary, file, load: () => import(url) };
}

/** All commands, in the order of the help. */
export const entries: readonly Entry[] = [
  entry(
    "demo",
    "Show a git push reach three devices, on this machine",
  ),
  entry(
    "up",
    "Run hub and API server in one process",
  ),
  entry(
    "hub",
    "Run the hub against a Kubernetes API server",
  ),
  entry(
    "apiserver",
    "Run the embedded Kubernetes API server alone; and commands on its data",
  ),
  entry(
    "apiserver check",
    "Check the database of a server that does not run",
  ),
  entry(
    "apiserver salvage",
    "Save what is readable of a damaged database",
  ),
  entry(
    "backup",
    "Write a backup of the embedded API server",
  ),
  entry(
    "restore",
    "Make a data folder from a backup",
  ),
  entry(
    "agent",
    "Run the agent of this device; and commands on agents",
  ),
  entry(
    "agent generate",
    "Write the kubeconfig that a device joins with",
  ),
  entry(
    "agent approve",
    "Let a device that waits for it join",
  ),
  entry(
    "agent get",
    "Show agents",
  ),
  entry(
    "workspace create",
    "Make a workspace",
  ),
  entry(
    "workspace get",
    "Show workspaces",
  ),
  entry(
    "workspace use",
    "Make a workspace the kubeconfig's current one",
  ),
  entry(
    "workspace tree",
    "Show the workspaces with the numbers of their agents",
  ),
  entry(
    "workspace delete",
    "Delete a workspace with all that is in it",
  ),
  entry(
    "repository create",
    "Follow a Git repository",
  ),
  entry(
    "repository get",
    "Show repositories, their commits and devices",
  ),
  entry(
    "repository sync",
    "Have a repository looked at now",
  ),
  entry(
    "repository suspend",
    "Leave all as it is until it is resumed",
  ),
  entry(
    "repository resume",
    "Go on after a suspension",
  ),
  entry(
    "repository diff",
    "Show what a sync would change",
  ),
  entry(
    "repository tree",
    "Show what a repository keeps, down to devices",
  ),
  entry(
    "repository trace",
    "Find the commit, author and devices of an object, and back",
  ),
  entry(
    "repository logs",
    "Show what happened to a repository",
  ),
  entry(
    "repository approve",
    "Let go what a commit removes, where that waits for it",
  ),
  entry(
    "validate",
    "Check a fleet repository's files",
  ),
  entry(
    "plan",
    "Show what a change of a fleet repository does to objects and devices",
  ),
  entry(
    "generate crds",
    "Write the CustomResourceDefinitions",
  ),
  entry(
    "generate schemas",
    "Write JSON Schemas for editors",
  ),
  entry(
    "generate docs",
    "Write the reference pages",
  ),
  entry(
    "generate argocd",
    "Write what Argo CD has to know of the kinds",
  ),
  entry(
    "generate flux",
    "Write what Flux has to know of the kinds",
  ),
  entry("version", "Show versions"),
  {
    ...entry(
      "plugin-host",
      "Run plugins on behalf of an agent",
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
