import { Duration } from "../../api/meta.ts";
import { loadManifests } from "../../gitops/manifest/load_manifests.ts";
import { parseDuration } from "../../gitops/repository/duration.ts";
import { readLive } from "../../hub/preview/live_fleet.ts";
import { spareThread } from "../../hub/preview/part_thread.ts";
import { preview, previewLive } from "../../hub/preview/preview.ts";
import {
  countPreview,
  type Preview,
} from "../../hub/preview/preview_result.ts";
import { type Form, renderers } from "../../hub/preview/render/mod.ts";
import { builtinPlugins } from "../../plugins/mod.ts";
import { defineCommand } from "../command.ts";
import { clusterOptions } from "../cluster.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { findSides, readFleet } from "../plan/find_sides.ts";
import { startWatchdog } from "../plan/watchdog.ts";
import { openAllWorkspaces } from "../workspaces/open_all_workspaces.ts";
import { openHub } from "../workspaces/open_hub.ts";
import { VERSION } from "../version.ts";

/** What is left to end in good order once the time is over, in milliseconds. */
const GRACE = 3000;

/** `faros plan` */
export const command = defineCommand({
  description:
    `Shows what a change of a fleet repository does, without a cluster: which objects
are created, updated and deleted, and which devices get which change of which
plugin. Both states are loaded into an API server in memory and resolved as the
hub does. Nothing of the repository is run or fetched, and no secret is shown.

Exit codes: 0 nothing changes, 2 something does, 1 there are errors.`,
  arguments: [{
    name: "PATH",
    description: "The fleet's folder in the repository [default: .]",
    optional: true,
  }],
  options: {
    base: {
      type: "string",
      value: "REV",
      description:
        "What to start from [default: the commit at which the head parted from origin/HEAD, else from main or master]",
    },
    head: {
      type: "string",
      value: "REV",
      description:
        "What to go to [default: the work tree, with what is not committed, without what git ignores]",
    },
    live: {
      type: "boolean",
      description:
        "Start from what the cluster of the kubeconfig has, read only, instead of a revision",
    },
    repository: {
      type: "string",
      value: "NAME",
      description:
        "With --live: the Repository object of this fleet [default: the only one]",
    },
    ...clusterOptions,
    timeout: {
      type: "string",
      value: "DURATION",
      description: "How long it may take",
      default: "10m",
    },
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print",
      choices: Object.keys(renderers),
      default: "text",
    },
  },
  usageExitCode: 1,
  examples: [
    { run: "faros plan", does: "Show what is not on the default branch yet" },
    {
      run: "faros plan --base HEAD",
      does: "Show what is not committed yet",
    },
    {
      run: "faros plan --live",
      does: "Show what differs from the cluster of the kubeconfig",
    },
    {
      run: "faros plan --base origin/main --head HEAD -o markdown",
      does: "Write the comment on a pull request",
    },
  ],
  async run({ args: [path = "."], options, io, signal: stop }) {
    const { base, head, live } = options;
    const ms = timeoutOf(options.timeout);
    const signal = AbortSignal.any([stop, AbortSignal.timeout(ms)]);
    using _watchdog = startWatchdog(
      ms + GRACE,
      `faros plan: it took longer than ${options.timeout} (--timeout)\n`,
    );
    if (live && base !== undefined) {
      throw new UsageError("--live and --base are two places to start from");
    }
    if (!live && options.repository !== undefined) {
      throw new UsageError("--repository is for --live");
    }
    const find = async (): Promise<Preview> => {
      if (live) return await planLive(path, { ...options, io, signal });
      // As their runners of workflows say.
      const isGitea = ["GITEA_ACTIONS", "FORGEJO_ACTIONS"]
        .some((name) => io.env(name) === "true");
      using spare = spareThread();
      const sides = await findSides(path, { base, head, isGitea, signal });
      return await preview(sides, {
        spare,
        catalogue: await builtinPlugins(),
        names: sides.names,
        folder: sides.folder,
        approvals: (touched) => sides.approvals(touched),
        signal,
      });
    };
    const result = await find().catch((error) => {
      if (!signal.aborted || stop.aborted) throw error;
      throw new Error(`it took longer than ${options.timeout} (--timeout)`);
    });
    const form = options.output as Form;
    io.write(`${renderers[form](result, { version: VERSION })}\n`);
    const { errors, create, update, delete: removed, devices } = countPreview(
      result,
    );
    if (errors) return 1;
    return create + update + removed + devices ? 2 : 0;
  },
});

function timeoutOf(text: string): number {
  if (Duration.safeParse(text).success) return parseDuration(text);
  throw new UsageError(
    `--timeout is ${text}; it has to be a duration such as 90s or 10m`,
  );
}

/** Compares with what a cluster has. */
async function planLive(
  path: string,
  options: {
    head: string | undefined;
    repository: string | undefined;
    kubeconfig: string | undefined;
    context: string | undefined;
    io: Io;
    signal: AbortSignal;
  },
): Promise<Preview> {
  const { head, repository, kubeconfig, context, io, signal } = options;
  const { tree, name, folder } = await readFleet(path, { head, signal });
  const { root, workspaces } = await loadManifests(tree, { sealed: true }, {
    signal,
  });
  const used = [root, ...workspaces.values()]
    .flatMap(({ manifests }) => manifests.map(({ object }) => object));
  using hub = await openHub({ kubeconfig, context }, { io, signal });
  using all = await openAllWorkspaces({ kubeconfig, context }, { io, signal });
  const live = await readLive({
    hub: hub.client,
    all: all.client,
    repository,
    used,
    signal,
  });
  return await previewLive({ base: live, head: tree }, {
    catalogue: [],
    names: { base: "live", head: name },
    folder,
    signal,
  });
}
