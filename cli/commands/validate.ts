import { dirname, join, relative, resolve } from "node:path";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import { gatherInputs } from "../../gitops/manifest/kustomize/gather_inputs.ts";
import { selectPath } from "../../gitops/manifest/layout.ts";
import { loadManifests } from "../../gitops/manifest/load_manifests.ts";
import {
  compareProblems,
  formatProblem,
  type Problem,
} from "../../gitops/manifest/problem.ts";
import { validateTree } from "../../gitops/manifest/validate_tree.ts";
import { readFolder } from "../../gitops/source/read_folder.ts";
import { manifests } from "../../plugins/builtin_index.ts";
import { defineCommand } from "../command.ts";
import { checkConfigs } from "../validate/check_configs.ts";
import { checkPluginKinds } from "../validate/check_plugin_kinds.ts";
import { readManifestInputs } from "../validate/manifest_inputs.ts";

/** `faros validate` */
export const command = defineCommand({
  description:
    "Checks the files of a fleet repository as the hub will, without a cluster:\neach error as file:line:column. Configs of plugins are checked by the schemas of\nthe built-in Plugins and of those under root/.",
  arguments: [{
    name: "PATH",
    description: "The repository, or a folder or file in it [default: .]",
    optional: true,
  }],
  options: {
    "decryption-key": {
      type: "string",
      value: "FILE",
      multiple: true,
      description:
        "Private key of age or PGP for files that SOPS encrypted; without one, they are looked at from outside",
    },
    variables: {
      type: "string",
      value: "FILE",
      multiple: true,
      description:
        "What ${name} stands for: names and values in YAML or JSON, or a ConfigMap or Secret; a later one wins",
    },
    output: {
      type: "string",
      short: "o",
      value: "FORMAT",
      description: "How to print, instead of as lines",
      choices: ["json"],
    },
  },
  examples: [
    { run: "faros validate fixtures/fleet", does: "Check a repository" },
    {
      run: "faros validate workspaces/factory-a",
      does: "Check one workspace of the repository here",
    },
    {
      run:
        "faros validate --decryption-key fleet.agekey --variables site.yaml -o json",
      does: "Check what is encrypted and what variables make, for a program",
    },
  ],
  async run({ args: [path = "."], options, io, signal }) {
    const top = await findTop(path);
    const below = relative(top, resolve(path));
    const inputs = await readManifestInputs({
      keys: options["decryption-key"],
      variables: options.variables,
    });
    const read = (select: Parameters<typeof readFolder>[1]["select"]) =>
      readFolder(top, { select, signal });
    const tree = await gatherInputs(await read(selectPath), read);
    const loaded = await loadManifests(tree, inputs, { signal });
    const brought = await checkPluginKinds(loaded);
    const found = await validateTree(tree, {
      manifests: loaded,
      builtin: manifests.map((plugin) => plugin.name),
      known: brought.kinds,
    });
    const told = [...found.problems, ...brought.problems];
    const places = new Set(told.map(placeOf));
    const configs = await checkConfigs(loaded, {
      builtin: manifests as unknown as Omit<PluginBundle, "code">[],
      isOpen: inputs.variables === undefined,
    });
    // A kind that a plugin brings may say the same as its configSchema.
    told.push(...configs.filter((problem) => !places.has(placeOf(problem))));
    const from = relative(Deno.cwd(), top);
    const shown = (problems: Problem[]) =>
      problems.filter(({ file }) =>
        !below || file === below || file.startsWith(`${below}/`)
      ).map((problem) => ({ ...problem, file: join(from, problem.file) }));
    const [problems, warnings, unchecked] = [
      shown(told.sort(compareProblems)),
      shown(found.warnings),
      shown(found.unchecked),
    ];
    const { objects, workspaces } = found;
    if (options.output === "json") {
      const all = { objects, workspaces, problems, warnings, unchecked };
      io.write(`${JSON.stringify(all, null, 2)}\n`);
      return problems.length ? 1 : 0;
    }
    const say = (problem: Problem, how: string) =>
      io.err(
        formatProblem({ ...problem, message: `${how}: ${problem.message}` }),
      );
    for (const problem of unchecked) say(problem, "not checked");
    for (const problem of warnings) say(problem, "warning");
    for (const problem of problems) io.out(formatProblem(problem));
    if (problems.length === 0) {
      io.out(
        `${count(objects, "object")} in ${
          count(workspaces, "workspace")
        }, no errors`,
      );
      return 0;
    }
    io.err(count(problems.length, "error"));
    return 1;
  },
});

/** The folder at or above `path` that holds `workspaces` or `root`. */
async function findTop(path: string): Promise<string> {
  const start = resolve(path);
  await Deno.stat(start).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot validate ${path}: it does not exist`);
  });
  for (let folder = start;; folder = dirname(folder)) {
    for (const name of ["workspaces", "root"]) {
      const info = await Deno.stat(join(folder, name)).catch(() => undefined);
      // `/root` is the home of the administrator.
      if (info?.isDirectory && dirname(folder) !== folder) return folder;
    }
    if (dirname(folder) === folder) break;
  }
  throw new Error(
    `Cannot validate ${path}: neither it nor a folder above it has a folder workspaces or root`,
  );
}

function placeOf({ file, line, column }: Problem): string {
  return `${file}:${line}:${column}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
