import { dirname, join, relative, resolve } from "node:path";
import { selectPath } from "../../gitops/manifest/layout.ts";
import { formatProblem } from "../../gitops/manifest/problem.ts";
import { validateTree } from "../../gitops/manifest/validate_tree.ts";
import { readFolder } from "../../gitops/source/read_folder.ts";
import { defineCommand } from "../command.ts";

/** `faros validate` */
export const command = defineCommand({
  description:
    "Checks the files of a fleet repository as the hub will, without a cluster:\neach error as file:line:column.",
  arguments: [{
    name: "PATH",
    description: "The repository, or a folder or file in it [default: .]",
    optional: true,
  }],
  options: {},
  examples: [
    { run: "faros validate fixtures/fleet", does: "Check a repository" },
    {
      run: "faros validate workspaces/factory-a",
      does: "Check one workspace of the repository here",
    },
  ],
  async run({ args: [path = "."], io, signal }) {
    const top = await findTop(path);
    const below = relative(top, resolve(path));
    const tree = await readFolder(top, { select: selectPath, signal });
    const { problems, warnings, objects, workspaces } = await validateTree(
      tree,
    );
    const isShown = ({ file }: { file: string }) =>
      !below || file === below || file.startsWith(`${below}/`);
    const from = relative(Deno.cwd(), top);
    for (const warning of warnings.filter(isShown)) {
      const message = `warning: ${warning.message}`;
      const file = join(from, warning.file);
      io.err(formatProblem({ ...warning, file, message }));
    }
    const shown = problems.filter(isShown);
    for (const problem of shown) {
      io.out(formatProblem({ ...problem, file: join(from, problem.file) }));
    }
    if (shown.length === 0) {
      io.out(`${objects} objects in ${workspaces} workspaces, no errors`);
      return 0;
    }
    const n = shown.length;
    io.err(`${n} error${n === 1 ? "" : "s"}`);
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
