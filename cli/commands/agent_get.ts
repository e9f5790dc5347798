import { Agent } from "../../api/agent.ts";
import { workspaceOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
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
    const all = options["all-workspaces"] && name === undefined;
    using cluster = all
      ? {
        ...await openAllWorkspaces(options, { io, signal }),
        namespace: undefined,
      }
      : await openWorkspace(options, io);
    const { client, namespace } = cluster;
    const { output } = options;
    await printObjects(Agent, { client, io, output, namespace, name, signal });
  },
});
