import { DnsLabel } from "../../api/meta.ts";
import type { SourceFile, SourceTree } from "../source/read_tree.ts";
import { checkObject } from "./check_object.ts";
import { type Part, partOf, workspaceFile } from "./layout.ts";
import { type Manifest, objectKey } from "./manifest.ts";
import { parseFile } from "./parse_file.ts";
import { compareProblems, type Problem } from "./problem.ts";

/** Manifests that are applied, or not, together. */
export interface ManifestSet {
  manifests: Manifest[];
  /** Where there is any, nothing of the set is applied. */
  problems: Problem[];
  /** The same as long as nothing in the set's files changes. */
  fingerprint: string;
}

/** The folder of a workspace. */
export interface WorkspaceManifests extends ManifestSet {
  name: string;
  /** The Workspace itself; not in `manifests`. */
  workspace?: Manifest;
}

/** What a commit asks for. */
export interface Manifests {
  commit: string;
  root: ManifestSet;
  /** By name. */
  workspaces: Map<string, WorkspaceManifests>;
  /** Problems that concern all of it. */
  problems: Problem[];
}

type Checked = { manifests: Manifest[]; problems: Problem[] };

/** Files are immutable: what was made of one holds as long as it is there. */
const checked = new WeakMap<SourceFile, Checked>();

/**
 * Makes objects of files: parses and checks all that can be checked without a
 * server. Never throws for what is in the files.
 */
export function loadTree(tree: SourceTree): Manifests {
  const root = new SetBuilder();
  const workspaces = new Map<string, SetBuilder>();
  const problems: Problem[] = [];
  const setOf = (part: Part): SetBuilder => {
    if (part.scope === "root") return root;
    let set = workspaces.get(part.workspace);
    if (!set) workspaces.set(part.workspace, set = new SetBuilder());
    return set;
  };
  const files = [...tree.files].sort((a, b) => a.path < b.path ? -1 : 1);
  for (const file of files) {
    const part = partOf(file.path);
    if (part) setOf(part).add(file, checkFile(file, part));
  }
  for (const { path, reason } of tree.refused) {
    const problem = { file: path, message: reason };
    // A link may also stand in the place of a whole workspace.
    const part = partOf(path) ?? partOf(`${path}/x`);
    if (part) setOf(part).problems.push(problem);
    else problems.push(problem);
  }
  return {
    commit: tree.commit,
    root: root.build(),
    workspaces: new Map(
      [...workspaces].map(([name, set]) => [name, buildWorkspace(name, set)]),
    ),
    problems,
  };
}

/** All problems there are, in the order of files and lines. */
export function allProblems(manifests: Manifests): Problem[] {
  return [
    ...manifests.problems,
    ...manifests.root.problems,
    ...[...manifests.workspaces.values()].flatMap((set) => set.problems),
  ].sort(compareProblems);
}

function checkFile(file: SourceFile, part: Part): Checked {
  let result = checked.get(file);
  if (result) return result;
  const { documents, problems } = parseFile(file);
  result = { manifests: [], problems };
  for (const document of documents) {
    const manifest = checkObject(document, { file: file.path, part });
    if (Array.isArray(manifest)) result.problems.push(...manifest);
    else result.manifests.push(manifest);
  }
  checked.set(file, result);
  return result;
}

class SetBuilder {
  readonly manifests: Manifest[] = [];
  readonly problems: Problem[] = [];
  readonly #oids: string[] = [];
  readonly #seen = new Map<string, Manifest>();

  add(file: SourceFile, { manifests, problems }: Checked): void {
    this.#oids.push(`${file.path}\0${file.oid}`);
    this.problems.push(...problems);
    for (const manifest of manifests) {
      const key = objectKey(manifest.object);
      const first = this.#seen.get(key);
      if (first) {
        const { kind, metadata } = manifest.object;
        this.problems.push({
          file: manifest.file,
          ...manifest.locate(["metadata", "name"]),
          field: "metadata.name",
          message:
            `${kind} ${metadata.name} is in ${first.file}:${first.line} already; remove one`,
        });
        continue;
      }
      this.#seen.set(key, manifest);
      this.manifests.push(manifest);
    }
  }

  build(): ManifestSet {
    return {
      manifests: this.manifests,
      problems: this.problems.sort(compareProblems),
      fingerprint: this.#oids.join("\n"),
    };
  }
}

function buildWorkspace(name: string, set: SetBuilder): WorkspaceManifests {
  const file = workspaceFile(name);
  const workspace = set.manifests.find((m) => m.file === file);
  if (!DnsLabel.safeParse(name).success) {
    set.problems.push({
      file: `workspaces/${name}`,
      message:
        `found the folder "${name}", no valid name of a workspace: at most 63 lower-case letters, digits and '-', starting and ending with a letter or digit`,
    });
  } else if (!workspace && !set.problems.some((p) => p.file === file)) {
    set.problems.push({
      file,
      message:
        `is missing: each folder under workspaces/ has a workspace.yaml with the Workspace of its name`,
    });
  }
  return {
    ...set.build(),
    manifests: set.manifests.filter((m) => m !== workspace),
    name,
    workspace,
  };
}
