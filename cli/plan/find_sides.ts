import { join } from "node:path";
import { gatherInputs } from "../../gitops/manifest/kustomize/gather_inputs.ts";
import { selectPath } from "../../gitops/manifest/layout.ts";
import { Checkout } from "../../gitops/source/checkout.ts";
import { readTree, type SourceTree } from "../../gitops/source/read_tree.ts";
import { readWorkTree } from "../../gitops/source/read_work_tree.ts";
import { GitError } from "../../gitops/source/run_git.ts";
import {
  CODE_OWNERS_FILES,
  codeOwners,
} from "../../hub/preview/code_owners.ts";
import {
  GITEA_CODE_OWNERS_FILES,
  giteaCodeOwners,
} from "../../hub/preview/gitea_code_owners.ts";
import type { Approval } from "../../hub/preview/preview_result.ts";

/** What is to be compared. */
export interface Sides {
  base: SourceTree;
  head: SourceTree;
  names: { base: string; head: string };
  /** Folder of the repository that the fleet is in; empty where it is the top. */
  folder: string;
  /** Who has to approve which of the files that changed, these in the fleet's folder included. */
  approvals(touched: string[]): Approval[];
}

/** Options of {@linkcode findSides}. */
export interface FindSidesOptions {
  /** A revision. @default where the head parted from the default branch */
  base?: string | undefined;
  /** A revision. @default the work tree */
  head?: string | undefined;
  /** Whether it is for Gitea or Forgejo, whose `CODEOWNERS` have a form of their own. */
  isGitea?: boolean;
  signal?: AbortSignal;
}

/** Reads the two states of the fleet that is at, or above, `path`. */
export async function findSides(
  path: string,
  options: FindSidesOptions,
): Promise<Sides> {
  const { signal } = options;
  await using checkout = await openCheckout(path, signal);
  const head = options.head === undefined
    ? undefined
    : await checkout.resolve(options.head);
  const base = options.base === undefined
    ? await checkout.mergeBase(head ?? await checkout.resolve("HEAD"))
    : await checkout.resolve(options.base);
  const folder = await findFolder(checkout, { path, base, head });
  const read = async (commit: string): Promise<SourceTree> => {
    try {
      return await whole((select) =>
        readTree(commit, {
          gitDir: checkout.gitDir,
          path: folder,
          select,
          signal,
        })
      );
    } catch (error) {
      // A side without the folder is one without a fleet.
      if (
        error instanceof GitError && /there is no folder/.test(error.detail)
      ) {
        return { commit, files: [], refused: [] };
      }
      throw error;
    }
  };
  const [baseTree, headTree] = await Promise.all([
    read(base),
    head ? read(head) : readWork(checkout, folder, signal),
  ]);
  const owners = await ownersIn(checkout, {
    commit: base,
    isGitea: options.isGitea,
  });
  const changed = head ? await checkout.changedFiles(base, head) : undefined;
  const prefix = folder ? `${folder}/` : "";
  return {
    base: baseTree,
    head: headTree,
    folder,
    names: {
      base: named(options.base, base),
      head: head ? named(options.head, head) : "work tree",
    },
    approvals: (touched) =>
      owners
        ? approvalsOf(changed ?? touched.map((p) => prefix + p), owners)
        : [],
  };
}

/** Reads the fleet in a folder as it is, of git or not. */
export async function readFleet(
  path: string,
  { head, signal }: { head?: string | undefined; signal?: AbortSignal },
): Promise<{ tree: SourceTree; name: string; folder: string }> {
  await using checkout = await Checkout.open(path, { signal });
  if (!checkout) {
    if (head !== undefined) await openCheckout(path, signal);
    const tree = await whole((select) =>
      readWorkTree(path, { select, signal })
    );
    return { tree, name: "folder", folder: "" };
  }
  if (head === undefined) {
    const folder = await findFolder(checkout, { path });
    const tree = await readWork(checkout, folder, signal);
    return { tree, name: "work tree", folder };
  }
  const commit = await checkout.resolve(head);
  const folder = await findFolder(checkout, { path, base: commit });
  const { gitDir } = checkout;
  const tree = await whole((select) =>
    readTree(commit, { gitDir, path: folder, select, signal })
  );
  return { tree, name: named(head, commit), folder };
}

async function openCheckout(
  path: string,
  signal?: AbortSignal,
): Promise<Checkout> {
  await Deno.stat(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`Cannot plan ${path}: it does not exist`);
  });
  const checkout = await Checkout.open(path, { signal });
  if (checkout) return checkout;
  throw new Error(
    `Cannot plan ${path}: it is in no git repository, and so there is nothing to compare with; give --live to compare with a cluster`,
  );
}

async function readWork(
  checkout: Checkout,
  folder: string,
  signal?: AbortSignal,
): Promise<SourceTree> {
  const files = await checkout.workFiles(folder);
  const path = join(checkout.top, folder);
  return await whole((select) => readWorkTree(path, { files, select, signal }));
}

/** Reads the manifests, and what kustomizations among them need. */
async function whole(
  read: (select: typeof selectPath) => Promise<SourceTree>,
): Promise<SourceTree> {
  return await gatherInputs(await read(selectPath), read);
}

/** The folder at or above `path` that has `workspaces` or `root`, on the disk or in a commit. */
async function findFolder(
  checkout: Checkout,
  { path, base, head }: { path: string; base?: string; head?: string },
): Promise<string> {
  const start = checkout.pathOf(path);
  const parts = start.split("/").filter(Boolean);
  for (let n = parts.length; n >= 0; n--) {
    const folder = parts.slice(0, n).join("/");
    for (const name of ["workspaces", "root"]) {
      const at = folder ? `${folder}/${name}` : name;
      const info = await Deno.lstat(join(checkout.top, at)).catch(() => {});
      if (info?.isDirectory) return folder;
      for (const commit of [head, base]) {
        if (commit && await checkout.hasFolder(commit, at)) return folder;
      }
    }
  }
  throw new Error(
    `Cannot plan ${path}: neither it nor a folder above it has a folder workspaces or root`,
  );
}

async function ownersIn(
  checkout: Checkout,
  of: { commit: string; isGitea: boolean | undefined },
): Promise<ReturnType<typeof codeOwners> | undefined> {
  const gitea = GITEA_CODE_OWNERS_FILES.map((file) =>
    [file, giteaCodeOwners] as const
  );
  const files = of.isGitea
    ? gitea
    // In a folder of its own it is known for what it is.
    : [
      ...CODE_OWNERS_FILES.map((file) => [file, codeOwners] as const),
      ...gitea,
    ];
  for (const [file, read] of files) {
    const text = await checkout.readFile(of.commit, file);
    if (text !== undefined) return read(text);
  }
}

function approvalsOf(
  files: string[],
  owners: ReturnType<typeof codeOwners>,
): Approval[] {
  const groups = new Map<string, Approval>();
  for (const file of [...files].sort()) {
    const all = owners(file);
    for (const group of all.length ? all : [[]]) {
      const key = group.join(" ");
      const approval = groups.get(key) ?? { owners: group, files: [] };
      approval.files.push(file);
      groups.set(key, approval);
    }
  }
  return [...groups.values()];
}

function named(given: string | undefined, commit: string): string {
  const short = commit.slice(0, 12);
  return given === undefined || commit.startsWith(given)
    ? short
    : `${given} (${short})`;
}
