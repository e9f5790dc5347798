import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import {
  selectRepositories,
  setSuspended,
} from "../repository/set_suspended.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** `faros repository suspend` */
export const command = defineCommand({
  description:
    "Suspends a repository: nothing of it is fetched, applied, pruned or put back until\nit is resumed. What is applied stays, and devices keep running it.",
  arguments: [{
    name: "NAME",
    description: "Name of the Repository",
    optional: true,
  }],
  options: {
    ...clusterOptions,
    all: { type: "boolean", description: "All repositories" },
  },
  examples: [
    { run: "faros repository suspend fleet", does: "Suspend a repository" },
    { run: "faros repository suspend --all", does: "Suspend all of them" },
  ],
  async run({ args: [name], options, io, signal }) {
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    const repositories = await selectRepositories(name, {
      all: options.all,
      client,
      doing: "suspend",
      signal,
    });
    for (const repository of repositories) {
      const suspend = true;
      const changed = await setSuspended(repository, {
        suspend,
        client,
        io,
        signal,
      });
      io.out(
        `repository.gitops.faros.sh/${repository.metadata.name} ${
          changed ? "suspended" : "is suspended already"
        }`,
      );
    }
    if (repositories.length === 0) io.err("There is no repository.");
  },
});
