import { Repository } from "../../api/repository.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { outputOptions, printObjects } from "../output.ts";
import { findRepository } from "../repository/find_repository.ts";
import {
  repositoryHeader,
  repositoryRow,
} from "../repository/repository_rows.ts";
import { watchRepositories } from "../repository/watch_repositories.ts";
import { renderTable } from "../table.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** `faros repository get` */
export const command = defineCommand({
  description:
    "Shows the repositories, or one: what they follow, which commit is applied, and how\nmany devices run what it asks of them.",
  arguments: [{
    name: "NAME",
    description: "Name of a Repository; all when left out",
    optional: true,
  }],
  options: {
    ...clusterOptions,
    ...outputOptions,
    watch: {
      type: "boolean",
      short: "w",
      description: "Go on, with a line for each change",
    },
  },
  examples: [
    { run: "faros repository get", does: "Show all repositories" },
    {
      run: "faros repository get fleet -w",
      does: "See commits and devices arrive",
    },
    {
      run: "faros repository get fleet -o yaml",
      does: "Show all of one, with each workspace and its first error",
    },
  ],
  async run({ args: [name], options, io, signal }) {
    const { output, watch } = options;
    const wide = output === "wide";
    if (watch && output !== undefined && !wide) {
      throw new UsageError(`--watch goes with a table only, not -o ${output}`);
    }
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    if (name !== undefined) {
      await findRepository(name, { client, doing: "show", signal });
    }
    if (output !== undefined && !wide) {
      await printObjects(Repository, { client, io, output, name, signal });
      return;
    }
    const list = await client.listAll<Repository>(Repository, {
      ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
      signal,
    });
    if (list.items.length === 0) {
      io.err("No repositories found; make one with 'faros repository create'.");
      if (!watch) return;
    }
    const rows = list.items.map((item) => repositoryRow(item, wide));
    const table = [repositoryHeader(wide), ...rows];
    if (rows.length) io.out(renderTable(table));
    if (!watch) return;
    await watchRepositories({ client, list, name, io, wide, signal });
  },
});
