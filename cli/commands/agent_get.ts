import { Agent } from "../../api/agent.ts";
import { workspaceOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { kcpPath } from "../../kube/kcp/path.ts";
import { findWorkspace } from "../workspaces/find_workspace.ts";
import { openAllWorkspaces } from "../workspaces/open_all_workspaces.ts";
import { openWorkspace } from "../workspaces/open_workspace.ts";
import { outputOptions, printObjects } from "../output.ts";

/** `faros agent get` */
export const command = defineCommand({
  description: "Shows the agents of a workspace, or one of them.",
  arguments: [{
    name: "NAME",
    description: "Name of an agent; all when left out",
    optional: true,
  }],
  options: {
    ...workspaceOptions,
    ...outputOptions,
    "all-workspaces": {
      type: "boolean",
      short: "A",
      description: "Those of all workspaces",
    },
  },
  examples: [
    {
      run: "faros agent get -w factory-a",
      does: "Show the agents of a workspace",
    },
    { run: "faros agent get -A -o wide", does: "Show all agents there are" },
  ],
  async run({ args: [name], options, io, signal }) {
    const all = options["all-workspaces"];
    const one = name ?? options.workspace ?? options.namespace;
    if (all && one !== undefined) {
      throw new UsageError(
        `--all-workspaces and ${
          name === undefined ? "workspace" : "NAME"
        } ${one} are given; give one of them`,
      );
    }
    using cluster = all
      ? {
        ...await openAllWorkspaces(options, { io, signal }),
        namespace: undefined,
      }
      : await openWorkspace(options, io);
    const { client, namespace } = cluster;
    const { output } = options;
    await printObjects(Agent, {
      client,
      io,
      output,
      namespace,
      name,
      signal,
      // A wrong name looks like an empty workspace.
      async whenNone() {
        if (namespace === undefined || kcpPath(cluster.server)) return;
        await findWorkspace(namespace, { hub: cluster, signal });
      },
    });
  },
});
