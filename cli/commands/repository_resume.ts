import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import {
  syncRequest,
  syncWaitOptions,
  untilSynced,
} from "../repository/ask_for_sync.ts";
import { secondsOf } from "../seconds.ts";
import {
  selectRepositories,
  setSuspended,
} from "../repository/set_suspended.ts";
import { errorLine } from "../errors.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** `faros repository resume` */
export const command = defineCommand({
  description:
    "Lets a repository that was suspended go on: it is fetched at once, and all of it\ncompared with what is live.",
  arguments: [{
    name: "NAME",
    description: "Name of the Repository",
    optional: true,
  }],
  options: {
    ...clusterOptions,
    all: { type: "boolean", description: "All repositories" },
    wait: {
      type: "boolean",
      description:
        "Wait for the first sync, and fail where not all of it could be applied",
    },
    ...syncWaitOptions,
  },
  examples: [
    {
      run: "faros repository resume fleet --wait",
      does: "Go on, and say what came of it",
    },
    { run: "faros repository resume --all", does: "Let all of them go on" },
  ],
  async run({ args: [name], options, io, signal }) {
    const seconds = secondsOf(options.timeout);
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    const repositories = await selectRepositories(name, {
      all: options.all,
      client,
      doing: "resume",
      signal,
    });
    const { requestedAt, annotations } = syncRequest();
    const resumed: string[] = [];
    for (const repository of repositories) {
      const { name } = repository.metadata;
      const changed = await setSuspended(repository, {
        suspend: false,
        annotations,
        client,
        io,
        signal,
      });
      if (changed) resumed.push(name);
      io.out(
        `repository.gitops.faros.sh/${name} ${
          changed ? "resumed" : "is not suspended"
        }`,
      );
    }
    if (!options.wait) return;
    const results = await Promise.allSettled(
      resumed.map((name) =>
        untilSynced(name, {
          client,
          requestedAt,
          seconds,
          doing: "resume",
          io,
          signal,
        }).then((message) => io.out(`repository ${name}: ${message}`))
      ),
    );
    signal.throwIfAborted();
    const failed = results.flatMap((r) =>
      r.status === "rejected" ? [errorLine(r.reason)] : []
    );
    if (failed.length) throw new Error(failed.join("; "));
  },
});
