import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { writeObject } from "../output.ts";
import { progressTo } from "../progress.ts";
import { diffRepository } from "../repository/diff_repository.ts";
import { findRepository } from "../repository/find_repository.ts";
import { openFleet } from "../repository/fleet.ts";
import { renderDifference } from "../repository/render_difference.ts";
import { styleOf } from "../style.ts";

/** `faros repository diff` */
export const command = defineCommand({
  description:
    "Shows what a sync would change: compares the newest commit, or another, with what is\nlive, by the code that the hub syncs with. It fetches from here, with the\nRepository's own Secrets, and writes nothing. Values of secrets are not shown.\nExits with 0 where there is no difference, 2 where there is one, 1 for an error.",
  arguments: [{ name: "NAME", description: "Name of the Repository" }],
  options: {
    ...clusterOptions,
    applied: {
      type: "boolean",
      description:
        "Compare with the commit that is applied: what was changed by hand",
    },
    commit: {
      type: "string",
      value: "HASH",
      description: "Compare with this commit, by its whole hash",
    },
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print, instead of as text",
      choices: ["json", "yaml"],
    },
  },
  usageExitCode: 1,
  examples: [
    {
      run: "faros repository diff fleet",
      does: "What would the newest commit change?",
    },
    {
      run: "faros repository diff fleet --applied",
      does: "What was changed by hand, and not put back?",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const { output, applied } = options;
    if (applied && options.commit !== undefined) {
      throw new UsageError(
        "--applied and --commit are given; give one of them",
      );
    }
    using fleet = await openFleet(options, { io, signal });
    const repository = await findRepository(name, {
      client: fleet.hub,
      doing: "compare",
      signal,
    });
    const commit = applied ? repository.status?.appliedCommit : options.commit;
    if (applied && commit === undefined) {
      throw new Error(
        `Cannot compare repository ${name} with its applied commit: there is none yet; see 'faros repository get ${name}'`,
      );
    }
    const stateDir = await Deno.makeTempDir({ prefix: "faros-diff-" });
    let text = "";
    const report = progressTo(io);
    const progress = (now: string) => {
      text = now;
      report(() => text);
    };
    try {
      const difference = await diffRepository(repository, fleet, {
        ...(commit === undefined ? {} : { commit }),
        stateDir,
        progress,
        signal,
      });
      if (output) writeObject(difference, { io, output });
      else io.out(renderDifference(difference, styleOf(io)));
      if (difference.problems.length) return 1;
      return difference.objects.length ? 2 : 0;
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
});
