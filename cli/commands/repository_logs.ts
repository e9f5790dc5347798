import { Duration } from "../../api/meta.ts";
import { parseDuration } from "../../gitops/repository/duration.ts";
import { clusterOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { writeObject } from "../output.ts";
import { findRepository } from "../repository/find_repository.ts";
import { openFleet } from "../repository/fleet.ts";
import {
  type CoreEvent,
  eventMoment,
  eventTime,
  RepositoryEvents,
} from "../repository/repository_events.ts";
import { type Style, styleOf } from "../style.ts";

/** `faros repository logs` */
export const command = defineCommand({
  description:
    "Shows what happened to a repository and the objects of its workspaces in the order of\ntime: commits that were applied, what failed and where, what was put back. It is the\nAPI server's Events, which are kept for an hour or so.",
  arguments: [{ name: "NAME", description: "Name of the Repository" }],
  options: {
    ...clusterOptions,
    follow: {
      type: "boolean",
      short: "f",
      description: "Go on with what comes",
    },
    since: {
      type: "string",
      value: "TIME",
      description: "Only what happened in the last 5m, 1h …",
    },
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print, instead of as lines",
      choices: ["json", "yaml"],
    },
  },
  examples: [
    { run: "faros repository logs fleet", does: "What happened?" },
    {
      run: "faros repository logs fleet -f --since 5m",
      does: "What happened lately, and what happens now?",
    },
  ],
  async run({ args, options, io, signal }) {
    const [name] = args as [string];
    const { follow, output } = options;
    if (follow && output !== undefined) {
      throw new UsageError(`--follow goes with lines only, not -o ${output}`);
    }
    const after = sinceOf(options.since);
    using fleet = await openFleet(options, { io, signal });
    const repository = await findRepository(name, {
      client: fleet.hub,
      doing: "show the logs of",
      signal,
    });
    const events = new RepositoryEvents(repository, { fleet, signal });
    const found = (await events.list()).filter((event) =>
      eventMoment(event) >= after
    );
    if (output) {
      const list = { apiVersion: "v1", kind: "List", items: found };
      writeObject(list, { io, output });
      return;
    }
    const style = styleOf(io);
    for (const event of found) io.out(line(event, style));
    if (follow) await events.follow((event) => io.out(line(event, style)));
    else if (found.length === 0) {
      io.err("Nothing is told of it: Events are kept for an hour or so.");
    }
  },
});

/** The earliest moment that is shown, milliseconds since 1970. */
function sinceOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!Duration.safeParse(text).success) {
    throw new UsageError(
      `--since is ${JSON.stringify(text)}; it is a time such as 30s, 5m or 1h`,
    );
  }
  return Date.now() - parseDuration(text);
}

function line(event: CoreEvent, style: Style): string {
  const { type = "Normal", reason = "", message = "", count = 1 } = event;
  const { kind, name, namespace } = event.involvedObject ?? {};
  const object = kind === "Repository" || kind === "Workspace" || !namespace
    ? `${kind}/${name}`
    : `${namespace} ${kind}/${name}`;
  const mark = type === "Normal" ? style.green : style.yellow;
  const times = count > 1 ? ` (${count} times)` : "";
  return [
    style.dim(eventTime(event).replace(/\.\d+Z$/, "Z")),
    mark(type.padEnd(7)),
    reason.padEnd(20),
    `${object}:`,
    message.replaceAll(/\s*\n\s*/g, " ") + times,
  ].join(" ");
}
