import { posix } from "node:path";
import { DnsLabel } from "../../api/meta.ts";
import { IGNORE_FILE } from "../source/farosignore.ts";
import type { SourceFile, SourceTree } from "../source/read_tree.ts";
import { checkObject } from "./check_object.ts";
import { countValues } from "./count_values.ts";
import type { Build } from "./kustomize/build.ts";
import { isInput, topKustomizations } from "./kustomize/layout.ts";
import { type Part, partOf, workspaceFile } from "./layout.ts";
import { type Manifest, objectKey } from "./manifest.ts";
import {
  type ParsedDocument,
  type ParsedFile,
  parseFile,
} from "./parse_file.ts";
import { plaintextSecret } from "./plaintext_secret.ts";
import { compareProblems, fieldName, type Problem } from "./problem.ts";
import { isEncrypted, sealedManifest, sealedProblem } from "./sops/sealed.ts";
import { substitute, usesVariables } from "./substitute.ts";
import type { Variables } from "./variables.ts";

/** Manifests that are applied, or not, together. */
export interface ManifestSet {
  manifests: Manifest[];
  /** Where there is any, nothing of the set is applied. */
  problems: Problem[];
  /** What is applied all the same, and somebody should look at. */
  warnings?: Problem[];
  /** What could not be looked at, for want of a key or a program; none where it is to be applied. */
  unchecked?: Problem[];
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

/** What {@linkcode loadTree} takes besides the files. */
export interface LoadTreeOptions {
  /** Files that were parsed already, by path: decrypted ones. */
  parsed?: ReadonlyMap<string, ParsedFile>;
  /** What `${…}` stands for, or why nobody knows; text where there are none. */
  variables?: Variables | Error;
  /** What the kustomizations give. */
  builds?: readonly Build[];
  /**
   * Whether what nobody could decrypt or build is taken for what can be seen
   * of it, rather than refused. Where it is so, none of it can be applied.
   */
  sealed?: boolean;
  /** Most values that all files together may have. @default {3_000_000} */
  mostValues?: number;
}

/** Most values of all files: 100,000 Agents have half of them. */
const MOST_VALUES = 3_000_000;

type Checked = {
  manifests: Manifest[];
  /** How many values were read of it. */
  values: number;
  problems: Problem[];
  /** Whether it depends on the variables. */
  varies: boolean;
  unchecked?: Problem[];
};

/** Files are immutable: what was made of one holds as long as it is there. */
const checked = new WeakMap<SourceFile, Checked>();

/**
 * Makes objects of files: parses and checks all that can be checked without a
 * server. Never throws for what is in the files.
 */
export function loadTree(
  tree: SourceTree,
  options: LoadTreeOptions = {},
): Manifests {
  const root = new SetBuilder(options);
  const workspaces = new Map<string, SetBuilder>();
  const problems: Problem[] = [];
  const setOf = (part: Part): SetBuilder => {
    if (part.scope === "root") return root;
    let set = workspaces.get(part.workspace);
    if (!set) workspaces.set(part.workspace, set = new SetBuilder(options));
    return set;
  };
  const files = [...tree.files].sort((a, b) => a.path < b.path ? -1 : 1);
  const tops = topKustomizations(files);
  const built = new Set(tops.map(({ path }) => posix.dirname(path)));
  const { mostValues = MOST_VALUES } = options;
  let values = 0;
  /** What is too much is not even read: it would have to be kept. */
  const within = (more: () => Checked): Checked | undefined => {
    if (values > mostValues) return undefined;
    const checked = more();
    values += checked.values;
    return values > mostValues ? undefined : checked;
  };
  for (const file of files) {
    const part = partOf(file.path);
    if (!part) continue;
    const set = setOf(part);
    if (isInput(file.path, built)) continue;
    const checked = within(() => checkFile(file, { part, ...options }));
    if (checked) set.add(`${file.path}\0${file.oid}`, checked);
    else set.leaveOut(file, mostValues);
  }
  for (const top of tops) {
    const part = partOf(top.path)!;
    const build = options.builds?.find(({ folder }) =>
      folder === posix.dirname(top.path)
    );
    const set = setOf(part);
    const checked = within(() => checkBuild(build, { top, part, ...options }));
    if (checked) set.add(build?.fingerprint ?? top.oid, checked);
    else set.leaveOut(top, mostValues);
  }
  for (const { path, reason } of tree.refused) {
    const problem = { file: path, message: reason };
    // A link may also stand in the place of a whole workspace.
    const part = partOf(path) ?? partOf(`${path}/x`);
    if (part) setOf(part).problems.push(problem);
    else problems.push(problem);
  }
  for (const manifest of root.manifests) refuseNamespace(manifest);
  return {
    commit: tree.commit,
    root: root.build(),
    workspaces: new Map(
      [...workspaces].map(([name, set]) => [name, buildWorkspace(name, set)]),
    ),
    problems,
  };

  /** On most engines a workspace is a namespace, which the hub makes. */
  function refuseNamespace(manifest: Manifest): void {
    const { apiVersion, kind, metadata: { name } } = manifest.object;
    if (apiVersion !== "v1" || kind !== "Namespace" || !workspaces.has(name)) {
      return;
    }
    root.problems.push({
      file: manifest.file,
      ...manifest.locate(["metadata", "name"]),
      field: "metadata.name",
      message: `found the namespace of workspace ${name}, which is in ${
        workspaceFile(name)
      } and gets it from the hub; remove one`,
    });
  }
}

/** All problems there are, in the order of files and lines. */
export function allProblems(manifests: Manifests): Problem[] {
  return [
    ...manifests.problems,
    ...manifests.root.problems,
    ...[...manifests.workspaces.values()].flatMap((set) => set.problems),
  ].sort(compareProblems);
}

/** What is applied all the same, and somebody should look at. */
export function warningsOf(manifests: Manifests): Problem[] {
  return [manifests.root, ...manifests.workspaces.values()]
    .flatMap((set) => set.warnings ?? []).sort(compareProblems);
}

function checkFile(
  file: SourceFile,
  options: LoadTreeOptions & { part: Part },
): Checked {
  const decrypted = options.parsed?.get(file.path);
  const before = checked.get(file);
  if (before && !decrypted && (!before.varies || !options.variables)) {
    return before;
  }
  const { documents, problems } = decrypted ?? parseFile(file);
  const result: Checked = {
    manifests: [],
    values: countValues(
      documents.map(({ value }) => value),
      MOST_VALUES + 1,
    ),
    problems: [...problems],
    unchecked: [],
    varies: usesVariables(file.text),
  };
  for (const document of documents) {
    checkInto(result, document, { file: file.path, ...options });
  }
  const holds = !decrypted && !(result.varies && options.variables) &&
    !documents.some(isEncrypted);
  if (holds) checked.set(file, result);
  return result;
}

/** What a kustomization gives, checked as if it stood there. */
function checkBuild(
  build: Build | undefined,
  options: LoadTreeOptions & { top: SourceFile; part: Part },
): Checked {
  const { top, sealed } = options;
  const result: Checked = {
    manifests: [],
    values: countValues(
      build?.objects.map(({ document }) => document.value),
      MOST_VALUES + 1,
    ),
    problems: [...build?.problems ?? []],
    unchecked: [],
    varies: false,
  };
  const missing = build ? build.missing : {
    file: top.path,
    line: 1,
    column: 1,
    message: "is a kustomization, and nothing builds it here",
    reason: "BuildFailed" as const,
  };
  if (missing) (sealed ? result.unchecked! : result.problems).push(missing);
  for (const { file, document } of build?.objects ?? []) {
    result.varies ||= usesVariables(JSON.stringify(document.value) ?? "");
    checkInto(result, document, { ...options, file });
  }
  return result;
}

function checkInto(
  result: Checked,
  document: ParsedDocument,
  options: LoadTreeOptions & { file: string; part: Part },
): void {
  const { file, sealed } = options;
  if (isEncrypted(document)) {
    const problem = sealedProblem(document, file);
    if (!sealed) return void result.problems.push(problem);
    result.unchecked?.push(problem);
    const manifest = sealedManifest(document, file);
    if (manifest) result.manifests.push(manifest);
    return;
  }
  const manifest = checkDocument(document, options);
  if (Array.isArray(manifest)) result.problems.push(...manifest);
  else result.manifests.push(manifest);
}

/** Checks an object with its variables replaced. */
function checkDocument(
  document: ParsedDocument,
  options: LoadTreeOptions & { file: string; part: Part },
): Manifest | Problem[] {
  const { file, variables } = options;
  if (!variables) return checkObject(document, options);
  const { document: replaced, problems } = substitute(document, variables);
  // A text that stands in the place of a number is no fault of its own.
  if (problems.length === 0) return checkObject(replaced, options);
  return problems.map(({ path, message }) => ({
    file,
    ...document.locate(path),
    field: fieldName(path),
    message,
  }));
}

class SetBuilder {
  readonly manifests: Manifest[] = [];
  readonly problems: Problem[] = [];
  readonly #options: LoadTreeOptions;
  readonly #oids: string[] = [];
  readonly #seen = new Map<string, Manifest>();
  readonly #warnings: Problem[] = [];
  readonly #unchecked: Problem[] = [];
  #varies = false;
  #isCut = false;

  constructor(options: LoadTreeOptions) {
    this.#options = options;
  }

  /** @param id Another one where what it was made of is another. */
  add(id: string, of: Checked): void {
    this.#oids.push(id);
    this.problems.push(...of.problems);
    this.#unchecked.push(...of.unchecked ?? []);
    this.#varies ||= of.varies;
    for (const manifest of of.manifests) {
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
      const warning = plaintextSecret(manifest);
      if (warning) this.#warnings.push(warning);
    }
  }

  /** Says of a file that it was not taken in, so that nothing of the set is applied. */
  leaveOut({ path, oid }: SourceFile, mostValues: number): void {
    const isFirst = !this.#isCut;
    this.#isCut = true;
    this.#oids.push(`${path}\0${oid}\0left out`);
    // One for many, but a Workspace that is there is not missing.
    if (!isFirst && !path.endsWith("/workspace.yaml")) return;
    this.problems.push({
      file: path,
      message:
        `is not read: up to here the files have more than ${mostValues} values in all; split the repository, put what is data into texts, or leave files out by ${IGNORE_FILE}`,
    });
  }

  build(): ManifestSet {
    const { variables } = this.#options;
    if (this.#varies && variables && !(variables instanceof Error)) {
      this.#oids.push(variables.fingerprint);
    }
    return {
      manifests: this.manifests,
      problems: this.problems.sort(compareProblems),
      warnings: this.#warnings.sort(compareProblems),
      unchecked: this.#unchecked.sort(compareProblems),
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
