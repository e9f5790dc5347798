import { Repository } from "../../api/repository.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import {
  syncRequest,
  syncWaitOptions,
  untilSynced,
} from "../repository/ask_for_sync.ts";
import { findRepository } from "../repository/find_repository.ts";
import { secondsOf } from "../seconds.ts";
import { openHub } from "../workspaces/open_hub.ts";

/** `faros repository sync` */
export const command = defineCommand({
  description:
    "Has a repository looked at now: fetched, and all of it compared with what is live,\nas annotating it with reconcile.faros.sh/requestedAt does.",
  arguments: [{ name: "NAME", description: "Name of the Repository" }],
  options: {
    ...clusterOptions,
    wait: {
      type: "boolean",
      description:
        "Wait until that is done, and fail where not all of it could be applied",
    },
    ...syncWaitOptions,
  },
  examples: [
    { run: "faros repository sync fleet", does: "Ask for it" },
    {
      run: "faros repository sync fleet --wait",
      does: "Ask for it, and say what came of it",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const seconds = secondsOf(options.timeout);
    using cluster = await openHub(options, { io, signal });
    const { client } = cluster;
    const repository = await findRepository(name, {
      client,
      doing: "sync",
      signal,
    });
    if (repository.spec.suspend) {
      throw new Error(
        `Cannot sync repository ${name}: it is suspended; run 'faros repository resume ${name}' first`,
      );
    }
    const { requestedAt, annotations } = syncRequest();
    await client.patch(Repository, name, { metadata: { annotations } }, {
      type: "merge",
      fieldManager: "faros-cli",
      signal,
    });
    if (!options.wait) {
      io.out(`repository ${name} is asked for; see its status`);
      return;
    }
    const message = await untilSynced(name, {
      client,
      requestedAt,
      seconds,
      doing: "sync",
      io,
      signal,
    });
    io.out(`repository ${name}: ${message}`);
  },
});
