import { preview } from "../../hub/preview/preview.ts";
import { countPreview } from "../../hub/preview/preview_result.ts";
import { type Form, renderers } from "../../hub/preview/render/mod.ts";
import { builtinPlugins } from "../../plugins/mod.ts";
import { defineCommand } from "../command.ts";
import { findSides } from "../plan/find_sides.ts";
import { VERSION } from "../version.ts";

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
      run: "faros plan --base origin/main --head HEAD -o markdown",
      does: "Write the comment on a pull request",
    },
  ],
  async run({ args: [path = "."], options, io, signal }) {
    const { base, head } = options;
    const sides = await findSides(path, { base, head, signal });
    const result = await preview(sides, {
      catalogue: await builtinPlugins(),
      names: sides.names,
      folder: sides.folder,
      approvals: (touched) => sides.approvals(touched),
      signal,
    });
    const form = options.output as Form;
    io.out(renderers[form](result, { version: VERSION }));
    const { errors, create, update, delete: removed, devices } = countPreview(
      result,
    );
    if (errors) return 1;
    return create + update + removed + devices ? 2 : 0;
  },
});
