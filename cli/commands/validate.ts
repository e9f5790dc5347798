import { dirname, join, relative, resolve } from "node:path";
import * as core from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { findKind } from "../../api/kinds.ts";
import {
  allProblems,
  loadTree,
  type ManifestSet,
} from "../../gitops/manifest/load_tree.ts";
import {
  compareProblems,
  formatProblem,
  type Problem,
} from "../../gitops/manifest/problem.ts";
import { resolveKinds } from "../../gitops/manifest/resolve_kinds.ts";
import { apiVersionOf } from "../../kube/resource.ts";
import { defineCommand } from "../command.ts";
import { readFolder } from "../validate/read_folder.ts";

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
    const manifests = loadTree(await readFolder(top, { signal }));
    const sets: [ManifestSet, "root" | "workspace", string?][] = [
      [manifests.root, "root"],
      ...[...manifests.workspaces.values()].map((set) =>
        [set, "workspace", set.name] as [ManifestSet, "workspace", string]
      ),
    ];
    const problems = allProblems(manifests);
    let objects = 0;
    for (const [set, scope, namespace] of sets) {
      objects += set.manifests.length + (scope === "workspace" ? 1 : 0);
      problems.push(...await checkKinds(set, { scope, namespace }));
    }
    const shown = problems.sort(compareProblems).filter(({ file }) =>
      !below || file === below || file.startsWith(`${below}/`)
    );
    const from = relative(Deno.cwd(), top);
    for (const problem of shown) {
      io.out(formatProblem({ ...problem, file: join(from, problem.file) }));
    }
    if (shown.length === 0) {
      io.out(
        `${objects} objects in ${manifests.workspaces.size} workspaces, no errors`,
      );
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

/** What can be said about places of kinds without asking a server. */
async function checkKinds(
  set: ManifestSet,
  of: { scope: "root" | "workspace"; namespace: string | undefined },
): Promise<Problem[]> {
  const known = new Map<string, Resource>(
    Object.values(core).map((r) => [`${apiVersionOf(r)} ${r.kind}`, r]),
  );
  const find = (apiVersion: string, kind: string) =>
    findKind(apiVersion, kind) ?? known.get(`${apiVersion} ${kind}`);
  // A kind that only the server may know is none of our business here.
  const manifests = set.manifests.filter(({ object }) =>
    find(object.apiVersion, object.kind)
  );
  const { problems } = await resolveKinds({ ...set, manifests }, {
    scope: of.scope,
    ...(of.namespace ? { namespace: of.namespace } : {}),
    discover: (apiVersion, kind) => Promise.resolve(find(apiVersion, kind)),
  });
  return problems;
}
