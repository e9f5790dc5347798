import { BlobStore } from "./blob_store.ts";
import { FarosIgnore, IGNORE_FILE, ignoreFilesAmong } from "./farosignore.ts";
import { LOCAL, runGit } from "./run_git.ts";
import { SourceError } from "./source_error.ts";

/** Most bytes of one file: etcd takes 1.5 MiB of an object. */
export const MAX_FILE_BYTES = 2 ** 20;

/** Parts of a path: folders in each other, and the file. */
const MAX_DEPTH = 64;
/** Longest time to find out what is left out, in milliseconds. */
const MAX_IGNORING = 60_000;

/** A file of a commit. */
export interface SourceFile {
  /** From the top that is synced: `workspaces/a/agents.yaml`. */
  readonly path: string;
  /** Name of the content in git. */
  readonly oid: string;
  readonly text: string;
}

/** Something in a commit that is not read, and why. */
export interface RefusedFile {
  path: string;
  /** `is a symbolic link, which …` */
  reason: string;
}

/** The files of one commit that matter. */
export interface SourceTree {
  commit: string;
  files: SourceFile[];
  refused: RefusedFile[];
  /** All files that builds (Kustomize) read; those of `files` are among them. */
  inputs?: SourceFile[];
}

/** Options of {@linkcode readTree}. */
export interface ReadTreeOptions {
  gitDir: string;
  /** Folder to take as the top. @default that of the repository */
  path?: string;
  /** Whether something of that path matters: a file by itself or in a folder. */
  select: (path: string, what: "file" | "link") => boolean;
  /**
   * An earlier tree. Files that have not changed are the very same objects, so
   * that what was made of them can be kept by them.
   */
  previous?: SourceTree;
  /**
   * Gets contents into the store that may not be there, by their hashes.
   * @default all are there
   */
  provide?: (oids: string[]) => Promise<void>;
  /** Bytes of one file. @default {MAX_FILE_BYTES} */
  maxFileBytes?: number;
  /** Bytes of all of them. @default {256 MiB} */
  maxTotalBytes?: number;
  /** @default {100000} */
  maxFiles?: number;
  signal?: AbortSignal;
}

interface Entry {
  mode: string;
  oid: string;
  path: string;
}

/**
 * Reads the files of a commit out of git's own store. Nothing is checked out,
 * so nothing of a commit (hooks, filters, links, odd names) acts on this
 * machine.
 *
 * @throws {SourceError} PathNotFound, TooLarge, or what git says
 */
export async function readTree(
  commit: string,
  options: ReadTreeOptions,
): Promise<SourceTree> {
  const {
    select,
    previous,
    maxFileBytes = MAX_FILE_BYTES,
    maxTotalBytes = 256 * 2 ** 20,
    maxFiles = 100_000,
  } = options;
  const what = `Cannot read commit ${commit.slice(0, 12)}`;
  const entries = await listEntries(commit, { ...options, what });
  const store = new BlobStore({ ...options, what, maxTotalBytes });
  const refused: RefusedFile[] = [];
  const ignored = await readIgnoreFiles(entries, {
    store,
    maxFileBytes,
    refused,
  });
  const selected: Entry[] = [];
  const pace = paced(what, options.signal);
  for (const entry of entries) {
    const { path } = entry;
    if (!select(path, isRegular(entry) ? "file" : "link")) continue;
    // Git itself makes no such path, but a commit can be made without it.
    const parts = path.split("/");
    const odd = parts.length > MAX_DEPTH
      ? `has more than ${MAX_DEPTH} parts in its path`
      : parts.some((part) => !isFileName(part))
      ? "has a part in its path that no file can have"
      : undefined;
    if (odd) {
      refused.push({ path, reason: odd });
      continue;
    }
    await pace();
    if (ignored.ignores(path)) continue;
    const reason = refusal(entry);
    if (reason) refused.push({ path, reason });
    else selected.push(entry);
  }
  const known = new Map(previous?.files.map((file) => [file.path, file]));
  const before = (e: Entry) => {
    const file = known.get(e.path);
    return file?.oid === e.oid ? file : undefined;
  };
  const tooMany = (bytes: string) =>
    new SourceError(
      "TooLarge",
      what,
      `its manifests are ${selected.length} files${bytes}, more than the limit of ${maxFiles} files and ${maxTotalBytes} bytes; split the repository, or leave files out by ${IGNORE_FILE}`,
    );
  if (selected.length > maxFiles) throw tooMany("");
  const unread = (from: Entry[]) => from.flatMap((e) => before(e) ? [] : e.oid);
  const sizes = await store.sizes(unread(selected));
  const wanted: Entry[] = [];
  let total = 0;
  for (const entry of selected) {
    const size = before(entry)?.text.length ?? sizes.get(entry.oid)!;
    if (size > maxFileBytes) {
      const reason =
        `is ${size} bytes large, more than the limit of ${maxFileBytes}`;
      refused.push({ path: entry.path, reason });
      continue;
    }
    total += size;
    wanted.push(entry);
  }
  if (total > maxTotalBytes) throw tooMany(` of ${total} bytes`);
  const texts = await readTexts(unread(wanted), store);
  const files: SourceFile[] = [];
  for (const entry of wanted) {
    const { path, oid } = entry;
    const text = texts.get(oid);
    const file = before(entry) ??
      (text === undefined ? undefined : { path, oid, text });
    if (file) files.push(file);
    else refused.push({ path, reason: "is not UTF-8 text" });
  }
  return { commit, files, refused };
}

const isFileName = (part: string) =>
  part.length <= 255 && !/^(\.{0,2}|\.git)$/i.test(part);

/** Lets others work between two of many steps, and ends them where they take too long. */
function paced(what: string, signal?: AbortSignal): () => Promise<void> {
  const begun = performance.now();
  let last = begun;
  return async () => {
    const now = performance.now();
    if (now - last < 50) return;
    if (now - begun > MAX_IGNORING) {
      throw new SourceError(
        "TooLarge",
        what,
        `to find out what its ${IGNORE_FILE} files leave out takes longer than ${
          MAX_IGNORING / 1000
        } s; simplify them`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    last = performance.now();
  };
}

const isRegular = (e: Entry) => e.mode === "100644" || e.mode === "100755";

function refusal({ mode }: Entry): string | undefined {
  switch (mode) {
    case "120000":
      return `is a symbolic link, which is never followed; put the content in its place, or name it in ${IGNORE_FILE}`;
    case "160000":
      return `is a submodule, which is not read; put its files in its place, or name it in ${IGNORE_FILE}`;
  }
}

/** Contents by hash; those that are no UTF-8 text are left out. */
async function readTexts(
  oids: string[],
  store: BlobStore,
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  await store.read(oids, (oid, bytes) => {
    try {
      texts.set(oid, decoder.decode(bytes));
    } catch {
      // It is left out.
    }
  });
  return texts;
}

async function readIgnoreFiles(
  entries: Entry[],
  options: { store: BlobStore; maxFileBytes: number; refused: RefusedFile[] },
): Promise<FarosIgnore> {
  const { store, maxFileBytes, refused } = options;
  const ignored = new FarosIgnore();
  const found = ignoreFilesAmong(entries, (entry) => entry.path);
  const sizes = await store.sizes(
    found.flatMap(({ file }) => isRegular(file) ? file.oid : []),
  );
  const readable = found.filter(({ file: { oid, path } }) => {
    const size = sizes.get(oid);
    if (size !== undefined && size <= maxFileBytes) return true;
    // What it ought to leave out would be taken in.
    const reason = size === undefined
      ? "is no regular file"
      : `is ${size} bytes large, more than the limit of ${maxFileBytes}`;
    refused.push({ path, reason });
    return false;
  });
  const texts = new Map<string, string>();
  await store.read(readable.map(({ file }) => file.oid), (oid, bytes) => {
    texts.set(oid, new TextDecoder().decode(bytes));
  });
  for (const { file: { oid, path }, folder } of readable) {
    const reason = ignored.add(folder, texts.get(oid)!);
    if (reason) refused.push({ path, reason });
  }
  return ignored;
}

async function listEntries(
  commit: string,
  options: ReadTreeOptions & { what: string },
): Promise<Entry[]> {
  const { what, gitDir, signal } = options;
  const top = normalizePath(options.path);
  const list = async (args: string[]) => {
    const out = await runGit(
      ["ls-tree", "-z", "--full-tree", ...args],
      { what, gitDir, signal, env: { GIT_LITERAL_PATHSPECS: "1", ...LOCAL } },
    );
    const entries: Entry[] = [];
    for (const record of new TextDecoder().decode(out).split("\0")) {
      // <mode> SP <type> SP <oid> TAB <path>
      const tab = record.indexOf("\t");
      if (tab < 0) continue;
      entries.push({
        mode: record.slice(0, record.indexOf(" ")),
        oid: record.slice(record.lastIndexOf(" ", tab) + 1, tab),
        path: record.slice(tab + 1),
      });
    }
    return entries;
  };
  const entries = await list(
    ["-r", commit, "--"].concat(top ? [`${top}/`] : []),
  );
  if (!top) return entries;
  if (entries.length === 0) {
    const [there] = await list([commit, "--", top]);
    const found = there?.mode === "120000"
      ? `${top} (spec.path) is a symbolic link in it, which is never followed`
      : there?.mode === "160000"
      ? `${top} (spec.path) is a submodule in it, which is not read`
      : there
      ? `${top} (spec.path) is a file in it, no folder`
      : `there is no folder ${top} (spec.path) in it`;
    throw new SourceError("PathNotFound", what, found);
  }
  return entries.map((entry) => ({
    ...entry,
    path: entry.path.slice(top.length + 1),
  }));
}

/** `spec.path` without what means nothing in it. @throws {SourceError} SpecInvalid where it leads out of the repository */
export function normalizePath(path = ""): string {
  const parts = path.split("/").filter((part) => part && part !== ".");
  if (parts.includes("..")) {
    throw new SourceError(
      "SpecInvalid",
      `Cannot take spec.path ${JSON.stringify(path)}`,
      "it leads out of the repository",
    );
  }
  return parts.join("/");
}
