import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { writeObject } from "../output.ts";
import { findRepository } from "../repository/find_repository.ts";
import { openFleet } from "../repository/fleet.ts";
import { renderRepositoryTree } from "../repository/render_repository_tree.ts";
import { repositoryTree } from "../repository/repository_tree.ts";

/** `faros repository tree` */
export const command = defineCommand({
  description:
    "Shows what a repository keeps applied: its workspaces, their objects, and the devices\nthat those reach.",
  arguments: [{ name: "NAME", description: "Name of the Repository" }],
  options: {
    ...clusterOptions,
    workspace: {
      type: "string",
      short: "w",
      value: "NAME",
      multiple: true,
      description: "Only this workspace; may be given several times",
    },
    limit: {
      type: "string",
      value: "NUMBER",
      default: "20",
      description: "Most workspaces, and objects of each; 0 shows all",
    },
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print, instead of as a tree",
      choices: ["json", "yaml"],
    },
  },
  examples: [
    { run: "faros repository tree fleet", does: "Show a repository's objects" },
    {
      run: "faros repository tree fleet -w factory-a --limit 0",
      does: "Show all of one workspace",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const { workspace, output } = options;
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 0) {
      throw new UsageError(
        `--limit is ${
          JSON.stringify(options.limit)
        }; it is a number, or 0 for all`,
      );
    }
    using fleet = await openFleet(options, { io, signal });
    const repository = await findRepository(name, {
      client: fleet.hub,
      doing: "show",
      signal,
    });
    const tree = await repositoryTree(repository, fleet, {
      ...(workspace.length ? { workspaces: workspace } : {}),
      limit,
      signal,
    });
    if (output) writeObject(tree, { io, output });
    else io.out(renderRepositoryTree(tree, { limit }));
  },
});
