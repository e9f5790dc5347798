import { workspaceOptions } from "../cluster.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { writeObject } from "../output.ts";
import { findResource } from "../repository/find_resource.ts";
import { openFleet } from "../repository/fleet.ts";
import {
  renderCommitTrace,
  renderTrace,
  renderTraces,
} from "../repository/render_trace.ts";
import {
  type Trace,
  traceCommit,
  traceFile,
  traceObject,
} from "../repository/trace.ts";
import { openHub } from "../workspaces/open_hub.ts";
import { openWorkspace } from "../workspaces/open_workspace.ts";

/** Digits of a hash that are enough. */
const HASH = /^[0-9a-f]{7,64}$/;

/** `faros repository trace` */
export const command = defineCommand({
  description:
    "Finds out where an object comes from: file, line, commit, author, date and message;\nand which devices run what it asks for. And back: what was applied of a file, a line\nof it, or a commit.",
  arguments: [{
    name: "KIND/NAME",
    description: "An object: agent/press-1, network/wireguard",
    optional: true,
  }],
  options: {
    ...workspaceOptions,
    file: {
      type: "string",
      value: "PATH[:LINE]",
      description: "A file of the repository, or a line of it, instead",
    },
    commit: {
      type: "string",
      value: "HASH",
      description: "A commit, instead; seven digits are enough",
    },
    repository: {
      type: "string",
      value: "NAME",
      description: "With --file and --commit: of this Repository only",
    },
    limit: {
      type: "string",
      value: "NUMBER",
      default: "20",
      description: "Most objects and devices that are listed; 0 lists all",
    },
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print, instead of as text",
      choices: ["json", "yaml"],
    },
  },
  examples: [
    {
      run: "faros repository trace agent/press-1 -w factory-a",
      does: "Who changed this agent last, when and why",
    },
    {
      run: "faros repository trace --file workspaces/factory-a/network.yaml:12",
      does: "Which devices a line of a file reaches",
    },
    {
      run: "faros repository trace --commit 3fa9c1d",
      does: "What a commit changed, and how far it has come",
    },
  ],
  async run({ args: [object], options, io, signal }) {
    const { file, commit, repository, output } = options;
    if ([object, file, commit].filter((v) => v !== undefined).length !== 1) {
      throw new UsageError("give KIND/NAME, --file or --commit: one of them");
    }
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 0) {
      throw new UsageError(
        `--limit is ${
          JSON.stringify(options.limit)
        }; it is a number, or 0 for all`,
      );
    }
    const print = <T>(result: T, render: (result: T) => string) =>
      output ? writeObject(result, { io, output }) : io.out(render(result));
    if (object !== undefined) {
      const trace = await ofObject(object, { options, io, signal });
      return print(trace, (trace) => renderTrace(trace, { limit }));
    }
    using fleet = await openFleet(options, { io, signal });
    if (file !== undefined) {
      const place = parsePlace(file);
      const traces = await traceFile(place, fleet, { repository, signal });
      return print(
        traces,
        (traces) =>
          traces.length === 1
            ? renderTrace(traces[0]!, { limit })
            : renderTraces(traces, { limit }),
      );
    }
    if (!HASH.test(commit!)) {
      throw new UsageError(
        `--commit is ${
          JSON.stringify(commit)
        }; it is a commit's hash, or at least seven digits of it`,
      );
    }
    const found = await traceCommit(commit!, fleet, { repository, signal });
    print(
      found,
      (found) =>
        found.map((trace) => renderCommitTrace(trace, { limit })).join("\n\n"),
    );
  },
});

function parsePlace(text: string): { file: string; line?: number } {
  const [, file = "", line] = /^(?:\.\/)?(.+?)(?::(\d+)(?::\d+)?)?$/.exec(
    text,
  ) ?? [];
  if (!file) throw new UsageError("--file is empty; it is PATH or PATH:LINE");
  return line === undefined ? { file } : { file, line: Number(line) };
}

async function ofObject(
  text: string,
  { options, io, signal }: {
    options: {
      [K in keyof typeof workspaceOptions]: string | undefined;
    };
    io: Io;
    signal: AbortSignal;
  },
): Promise<Trace> {
  const slash = text.indexOf("/");
  const [kind, name] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 1 || !name) {
    throw new UsageError(
      `${JSON.stringify(text)} is no object; give KIND/NAME, as agent/press-1`,
    );
  }
  const { kubeconfig, context } = options;
  using hub = await openHub({ kubeconfig, context }, { io, signal });
  const known = await findResource(kind, {
    client: hub.client,
    namespace: options.workspace ?? options.namespace,
    signal,
  });
  if (!known.namespaced) {
    using fleet = await openFleet({ kubeconfig, context }, { io, signal });
    return await traceObject({
      resource: known,
      name,
      client: fleet.hub,
      hub: fleet.hub,
      all: fleet.all,
    }, { signal });
  }
  using place = await openWorkspace(options, io);
  return await traceObject({
    resource: known,
    name,
    client: place.client,
    namespace: place.namespace,
    workspace: options.workspace ?? place.namespace,
    hub: hub.client,
  }, { signal });
}
