import { dirname, join, posix } from "node:path";
import type { SourceFile, SourceTree } from "../../source/read_tree.ts";
import { type ParsedDocument, parseFile } from "../parse_file.ts";
import { parseNodes } from "../parse_nodes.ts";
import type { Problem } from "../problem.ts";
import { FileIndex } from "./file_index.ts";
import { topKustomizations } from "./layout.ts";
import {
  isKustomization,
  type Kustomization,
  readKustomization,
} from "./kustomization.ts";
import {
  KustomizeError,
  KustomizeMissing,
  runKustomize,
} from "./run_kustomize.ts";

/** Says which file an object came from. */
const ORIGIN = "config.kubernetes.io/origin";

/** What a kustomization gives. */
export interface Build {
  /** Folder of the kustomization. */
  folder: string;
  /** Objects, each with the file that it came from. */
  objects: { file: string; document: ParsedDocument }[];
  problems: Problem[];
  /** Why it was not built, though nothing is wrong with it: there is no program. */
  missing?: Problem;
  /** The same as long as all that it is made of is. */
  fingerprint: string;
}

/** Longest time of all builds of a commit, in milliseconds. */
const TIMEOUT = 120_000;

/** Files are immutable: what was built of them holds as long as they are there. */
const builds = new WeakMap<SourceFile, Build>();

/**
 * Builds the kustomizations of a tree.
 *
 * What is in a repository is hostile: a kustomization sees only files of the
 * same commit that it names, written into a private folder for the time; none
 * of its fields fetches or runs anything, which is looked at before. Nothing
 * that was encrypted is among it.
 */
export async function buildKustomizations(
  tree: SourceTree,
  options: { signal?: AbortSignal } = {},
): Promise<Build[]> {
  const tops = topKustomizations(tree.files);
  if (tops.length === 0) return [];
  const files = new FileIndex([...tree.files, ...tree.inputs ?? []]);
  const result: Build[] = [];
  const started = performance.now();
  for (const top of tops) {
    const timeout = TIMEOUT - (performance.now() - started);
    result.push(await build(top, { files, timeout, ...options }));
  }
  return result;
}

async function build(
  top: SourceFile,
  options: {
    files: FileIndex<SourceFile>;
    timeout: number;
    signal?: AbortSignal;
  },
): Promise<Build> {
  const { files, timeout, signal } = options;
  const folder = posix.dirname(top.path);
  const { used, kustomizations } = closure(folder, files);
  const fingerprint = [...used].sort()
    .map((path) => `${path}\0${files.get(path)!.oid}`).join("\n");
  const before = builds.get(top);
  if (before?.fingerprint === fingerprint) return before;
  const result: Build = { folder, objects: [], problems: [], fingerprint };
  for (const { problems } of kustomizations.values()) {
    result.problems.push(...problems);
  }
  for (const path of used) {
    const bomb = kustomizations.has(path)
      ? undefined
      : growing(files.get(path)!);
    if (bomb) result.problems.push(bomb);
  }
  const about = { file: top.path, line: 1, column: 1 };
  if (result.problems.length === 0) {
    try {
      const text = await runIn(folder, {
        files,
        used,
        kustomizations,
        timeout,
        signal,
      });
      const parsed = parseFile({ path: "built.yaml", text });
      for (const { message } of parsed.problems) {
        result.problems.push({
          ...about,
          message: `Kustomize builds what cannot be read: ${message}`,
          reason: "BuildFailed",
        });
      }
      result.objects = parsed.documents.map((document) =>
        withOrigin(document, { top: top.path, files })
      );
    } catch (error) {
      const isKnown = error instanceof KustomizeMissing ||
        error instanceof KustomizeError;
      if (!isKnown) throw error;
      const problem: Problem = {
        ...about,
        message: `cannot be built: ${error.message}`,
        reason: "BuildFailed",
      };
      // The program may be installed, or have more time, at any moment: that
      // is not kept.
      if (error instanceof KustomizeMissing) {
        return { ...result, missing: { ...problem, retry: true } };
      }
      if (error.isTemporary) {
        return { ...result, problems: [{ ...problem, retry: true }] };
      }
      result.problems.push(problem);
    }
  }
  builds.set(top, result);
  return result;
}

/** That a file is small and would be huge to Kustomize, which has no bound on that. */
function growing({ path, text }: SourceFile): Problem | undefined {
  if (!/&[\w-]/.test(text) || !/\*[\w-]/.test(text)) return undefined;
  // Whatever its name, it may be taken for YAML.
  return parseNodes({ path: "input.yaml", text }).problems
    .map((problem) => ({ ...problem, file: path }))
    .find(({ message }) => /alias|nested|holds itself/.test(message));
}

/** All files that a kustomization reads, and the kustomizations among them. */
function closure(folder: string, files: FileIndex<SourceFile>) {
  const used = new Set<string>();
  const kustomizations = new Map<string, Kustomization>();
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const path of [at, ...files.below(at)]) {
      const file = files.get(path);
      if (!file || used.has(path)) continue;
      used.add(path);
      if (!isKustomization(path)) continue;
      const read = readKustomization(file, files);
      kustomizations.set(path, read);
      open.push(...read.reads);
    }
  }
  return { used, kustomizations };
}

/** Runs Kustomize on a copy of the files, and of no others. */
async function runIn(
  folder: string,
  options: {
    files: FileIndex<SourceFile>;
    used: Set<string>;
    kustomizations: Map<string, Kustomization>;
    timeout: number;
    signal?: AbortSignal;
  },
): Promise<string> {
  const { files, used, kustomizations, timeout, signal } = options;
  const dir = await Deno.makeTempDir({ prefix: "faros-kustomize-" });
  try {
    const top = join(dir, "repository");
    const own = new Set<string>();
    for (const path of used) {
      // Git has no such names; what reads folders might.
      if (path.split("/").some((part) => part === ".." || part === "")) {
        continue;
      }
      const target = join(top, path);
      await Deno.mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const content = kustomizations.get(path)?.content;
      own.add(path);
      await Deno.writeTextFile(
        target,
        content
          // Written anew, so that it cannot mean another thing to Kustomize.
          ? JSON.stringify({ ...content, buildMetadata: metadataOf(content) })
          : files.get(path)!.text,
        { mode: 0o600 },
      );
    }
    try {
      return await runKustomize(join(top, folder), { timeout, signal });
    } catch (error) {
      if (error instanceof KustomizeError) {
        const real = await Deno.realPath(top).catch(() => top);
        error.message = error.message.replaceAll(`${real}/`, "")
          .replaceAll(`${top}/`, "");
      }
      throw error;
    }
  } finally {
    await Deno.remove(dir, { recursive: true }).catch(() => {});
  }
}

/** What Kustomize is asked to write into its result: where it came from, too. */
function metadataOf({ buildMetadata }: Record<string, unknown>): unknown[] {
  const asked = Array.isArray(buildMetadata) ? buildMetadata : [];
  return [...new Set([...asked, "originAnnotations"])];
}

/** An object without Kustomize's mark, and with the place that it came from. */
function withOrigin(
  built: ParsedDocument,
  of: { top: string; files: FileIndex<SourceFile> },
): { file: string; document: ParsedDocument } {
  const { top, files } = of;
  const { value } = built;
  const metadata = (value as { metadata?: Record<string, unknown> } | null)
    ?.metadata;
  const annotations = metadata?.annotations as
    | Record<string, unknown>
    | undefined;
  const origin = String(annotations?.[ORIGIN] ?? "");
  if (annotations && metadata) {
    delete annotations[ORIGIN];
    if (Object.keys(annotations).length === 0) delete metadata.annotations;
  }
  const relative = /^(?:path|configuredIn): (.+)$/m.exec(origin)?.[1] ??
    posix.basename(top);
  const path = posix.join(posix.dirname(top), relative);
  const file = files.get(path) ?? files.get(top)!;
  const source = isKustomization(file.path)
    ? undefined
    : sourceOf(value, parseFile(file).documents);
  return {
    file: file.path,
    document: {
      value,
      built: true,
      locate: (at, what) => source?.locate(at, what) ?? { line: 1, column: 1 },
      isPlain: (at) => source?.isPlain(at) || built.isPlain(at),
    },
  };
}

/** The object in a file that another one was made of: prefixes and suffixes may have been added to its name. */
function sourceOf(
  value: unknown,
  documents: ParsedDocument[],
): ParsedDocument | undefined {
  type Named = { kind?: unknown; metadata?: { name?: unknown } } | null;
  const { kind, metadata } = value as NonNullable<Named>;
  const same = documents.filter(({ value }) => (value as Named)?.kind === kind);
  const named = same.filter(({ value }) =>
    String(metadata?.name).includes(String((value as Named)?.metadata?.name))
  );
  return named.find(({ value }) =>
    (value as Named)?.metadata?.name === metadata?.name
  ) ?? named[0] ?? same[0];
}
