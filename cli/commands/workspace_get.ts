import { Workspace } from "../../api/workspace.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { outputOptions, printObjects } from "../output.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** `faros workspace get` */
export const command = defineCommand({
  description: "Shows the workspaces, or one.",
  arguments: [{
    name: "NAME",
    description: "Name of a workspace; all when left out",
    optional: true,
  }],
  options: { ...clusterOptions, ...outputOptions },
  examples: [
    { run: "faros workspace get", does: "Show all workspaces" },
    {
      run: "faros workspace get factory-a -o yaml",
      does: "Show all of one",
    },
  ],
  async run({ args: [name], options, io, signal }) {
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    const { output } = options;
    await printObjects(Workspace, { client, io, output, name, signal });
  },
});
