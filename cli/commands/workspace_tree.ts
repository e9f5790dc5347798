import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { writeObject } from "../output.ts";
import { openHub } from "../workspaces/open_hub.ts";
import { renderTree } from "../workspaces/render_tree.ts";
import { workspaceTree } from "../workspaces/workspace_tree.ts";

/** `faros workspace tree` */
export const command = defineCommand({
  description:
    "Shows the workspaces of a hub, with their phases and the numbers of their agents.",
  options: {
    ...clusterOptions,
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print, instead of as a tree",
      choices: ["json", "yaml"],
    },
  },
  examples: [
    { run: "faros workspace tree", does: "Show all workspaces" },
    { run: "faros workspace tree -o json", does: "The same, for programs" },
  ],
  async run({ options, io, signal }) {
    using hub = await openHub(options, { io, signal });
    const tree = await workspaceTree(hub, { signal });
    const { output } = options;
    if (output) writeObject(tree, { io, output });
    else io.out(renderTree(tree));
  },
});
