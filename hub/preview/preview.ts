/**
 * What a change of a fleet's repository would do to objects and devices,
 * found out without any cluster.
 *
 * @module
 */
import { partOf } from "../../gitops/manifest/layout.ts";
import {
  compareProblems,
  type Problem,
} from "../../gitops/manifest/problem.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";
import type { LiveFleet } from "./live_fleet.ts";
import { affected } from "./affected.ts";
import { PartThread } from "./part_thread.ts";
import {
  type PreviewPart,
  previewPart,
  type PreviewPartOptions,
} from "./preview_part.ts";
import type { Approval, Preview, PreviewProblem } from "./preview_result.ts";
import { scrub } from "./scrub.ts";

/** Options of {@linkcode preview}. */
export interface PreviewOptions extends PreviewPartOptions {
  /** What the two sides are called. */
  names: { base: string; head: string };
  /** Folder of the repository that the fleet is in: paths are told from the top. @default the top */
  folder?: string;
  /** Who has to approve the files that changed. @default nobody is asked */
  approvals?: (touched: string[]) => Approval[];
  /** Threads to work in. @default as many as are worth it, up to four and the number of processors */
  threads?: number;
  /** A thread that was made before, and is used first. The caller disposes of it. */
  spare?: PartThread | undefined;
}

type Trees = { base: SourceTree; head: SourceTree };

/** Characters of manifests below which another thread would be slower to start than to do without. */
const SMALL = 400_000;

/**
 * Tells what becomes of objects and devices when `head` takes the place of
 * `base`: both are loaded into API servers in memory, and resolved as the hub
 * does. Workspaces decide nothing for each other, and so are parted among
 * threads.
 *
 * `head` may be hostile: nothing of it is run, fetched or followed, and no
 * value of a secret gets into the answer. Errors of it are in the answer, too.
 * It may take long, though: whoever asks sets the time, by `signal`, and must
 * not wait for an answer in the thread that works.
 */
export async function preview(
  sides: Trees,
  options: PreviewOptions,
): Promise<Preview> {
  const { signal } = options;
  const trees = affected(sides.base, sides.head);
  const [own, ...others] = split(trees, options.threads);
  const task = {
    catalogue: options.catalogue,
    repository: options.repository,
    own: options.own,
    pruneGuard: options.pruneGuard,
  };
  const found = await Promise.all([
    ...others.map((trees, i) => {
      const thread = i === 0 && options.spare || new PartThread();
      return thread.run({ trees, options: task }, signal);
    }),
    previewPart(own!, { ...task, signal }),
  ]);
  return whole(found, { ...options, touched: trees.touched });
}

/**
 * The same, with what a cluster has in the place of a base: also what nobody
 * ever committed.
 */
export async function previewLive(
  sides: { base: LiveFleet; head: SourceTree },
  options: PreviewOptions,
): Promise<Preview> {
  const { catalogue, pruneGuard, signal } = options;
  const part = await previewPart(sides, { catalogue, pruneGuard, signal });
  return whole([part], { ...options, touched: [] });
}

function whole(
  found: PreviewPart[],
  options: PreviewOptions & { touched: string[] },
): Preview {
  const merged: Preview = {
    ...options.names,
    // What is the hub's own is in all parts.
    problems: unique(found.flatMap(({ problems }) => problems)).sort(compare),
    objects: unique(found.flatMap(({ objects }) => objects)),
    devices: found.flatMap(({ devices }) => devices),
    held: unique(found.flatMap(({ held }) => held)),
    approvals: options.approvals?.(options.touched) ?? [],
  };
  const secrets = new Set(found.flatMap(({ secrets }) => secrets));
  return scrub(fromTop(merged, options.folder), secrets);
}

/** Parts the workspaces of two trees into about equal shares; what is under root/ is in each. */
function split({ base, head }: Trees, threads: number | undefined): Trees[] {
  const sizes = new Map<string, number>();
  const workspaceOf = (path: string) => {
    const part = partOf(path) ?? partOf(`${path}/x`);
    return part?.scope === "workspace" ? part.workspace : undefined;
  };
  for (const file of new Set([...base.files, ...head.files])) {
    const workspace = workspaceOf(file.path);
    if (workspace === undefined) continue;
    sizes.set(workspace, (sizes.get(workspace) ?? 0) + file.text.length);
  }
  const total = [...sizes.values()].reduce((a, b) => a + b, 0);
  const worth = Math.min(
    4,
    navigator.hardwareConcurrency,
    Math.floor(total / SMALL) + 1,
  );
  // A kind of a plugin's own is that of the newest version that any workspace
  // has, and so of all of them together.
  const together = [...base.files, ...head.files].some(({ path, text }) =>
    partOf(path)?.scope === "root" && /^\s*["']?kinds["']?\s*:/m.test(text)
  );
  const n = together ? 1 : Math.min(threads ?? worth, Math.max(1, sizes.size));
  if (n === 1) return [{ base, head }];
  const shares = Array.from({ length: n }, () => ({
    size: 0,
    workspaces: new Set<string>(),
  }));
  for (const [workspace, size] of [...sizes].sort((a, b) => b[1] - a[1])) {
    const least = shares.reduce((a, b) => b.size < a.size ? b : a);
    least.workspaces.add(workspace);
    least.size += size;
  }
  return shares.map(({ workspaces }, i) => {
    const isIn = ({ path }: { path: string }) => {
      const workspace = workspaceOf(path);
      return workspace === undefined || workspaces.has(workspace) ||
        // What is only refused belongs to somebody, too.
        i === 0 && !sizes.has(workspace);
    };
    const only = (tree: SourceTree): SourceTree => ({
      ...tree,
      files: tree.files.filter(isIn),
      refused: tree.refused.filter(isIn),
    });
    return { base: only(base), head: only(head) };
  });
}

function unique<T>(items: T[]): T[] {
  return [
    ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
  ];
}

function compare(a: PreviewProblem, b: PreviewProblem): number {
  if (a.severity !== b.severity) return a.severity === "error" ? -1 : 1;
  return compareProblems(a as Problem, b as Problem);
}

/** With paths from the top of the repository. */
function fromTop(result: Preview, folder: string | undefined): Preview {
  if (!folder) return result;
  const moved = <T extends { file?: string }>(item: T): T =>
    item.file === undefined
      ? item
      : { ...item, file: `${folder}/${item.file}` };
  return {
    ...result,
    problems: result.problems.map(moved),
    objects: result.objects.map(moved),
  };
}
