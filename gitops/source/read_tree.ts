import ignore from "ignore";
import { GitError, runGit } from "./run_git.ts";

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
  /** Bytes of one file. @default {1 MiB: etcd takes 1.5 MiB of an object} */
  maxFileBytes?: number;
  /** Bytes of all of them. @default {256 MiB} */
  maxTotalBytes?: number;
  /** @default {100000} */
  maxFiles?: number;
  signal?: AbortSignal;
}

/** Name of the file, at the top, that says what is left out, as .gitignore. */
const IGNORE_FILE = ".farosignore";

interface Entry {
  mode: string;
  oid: string;
  size: number;
  path: string;
}

/**
 * Reads the files of a commit out of git's own store. Nothing is checked out,
 * so nothing of a commit (hooks, filters, links, odd names) acts on this
 * machine.
 */
export async function readTree(
  commit: string,
  options: ReadTreeOptions,
): Promise<SourceTree> {
  const {
    select,
    previous,
    maxFileBytes = 2 ** 20,
    maxTotalBytes = 256 * 2 ** 20,
    maxFiles = 100_000,
  } = options;
  const what = `Cannot read commit ${commit.slice(0, 12)}`;
  const entries = await listEntries(commit, { ...options, what });
  const read = new BlobReader(options, what);
  const ignoreFile = entries.find((e) =>
    e.path === IGNORE_FILE && isRegular(e) && e.size <= maxFileBytes
  );
  const ignored = ignore();
  if (ignoreFile) {
    const [bytes] = await read.all([ignoreFile.oid]);
    ignored.add(new TextDecoder().decode(bytes));
  }
  const refused: RefusedFile[] = [];
  const wanted: Entry[] = [];
  let total = 0;
  for (const entry of entries) {
    const { path } = entry;
    if (!select(path, isRegular(entry) ? "file" : "link")) continue;
    if (ignored.ignores(path)) continue;
    const reason = refusal(entry, maxFileBytes);
    if (reason) {
      refused.push({ path, reason });
      continue;
    }
    wanted.push(entry);
    total += entry.size;
  }
  if (wanted.length > maxFiles || total > maxTotalBytes) {
    throw new GitError(
      what,
      `its manifests are ${wanted.length} files of ${total} bytes, more than the limit of ${maxFiles} files and ${maxTotalBytes} bytes; split the repository, or leave files out by ${IGNORE_FILE}`,
    );
  }
  const known = new Map(previous?.files.map((file) => [file.path, file]));
  const isKnown = (e: Entry) => known.get(e.path)?.oid === e.oid;
  const missing = [
    ...new Set(wanted.filter((e) => !isKnown(e)).map((e) => e.oid)),
  ];
  const blobs = await read.all(missing);
  const content = new Map(missing.map((oid, i) => [oid, blobs[i]!]));
  const files: SourceFile[] = [];
  for (const entry of wanted) {
    const { path, oid } = entry;
    const before = known.get(path);
    if (before?.oid === oid) {
      files.push(before);
      continue;
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true })
        .decode(content.get(oid)!);
      files.push({ path, oid, text });
    } catch {
      refused.push({ path, reason: "is not UTF-8 text" });
    }
  }
  return { commit, files, refused };
}

const isRegular = (e: Entry) => e.mode === "100644" || e.mode === "100755";

function refusal(entry: Entry, maxFileBytes: number): string | undefined {
  switch (entry.mode) {
    case "120000":
      return `is a symbolic link, which is never followed; put the content in its place, or name it in ${IGNORE_FILE}`;
    case "160000":
      return `is a submodule, which is not read; put its files in its place, or name it in ${IGNORE_FILE}`;
  }
  if (entry.size > maxFileBytes) {
    return `is ${entry.size} bytes large, more than the limit of ${maxFileBytes}`;
  }
}

async function listEntries(
  commit: string,
  options: ReadTreeOptions & { what: string },
): Promise<Entry[]> {
  const { what, gitDir, signal } = options;
  const top = normalize(options.path);
  const out = await runGit(
    ["ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--"]
      .concat(top ? [`${top}/`] : []),
    { what, gitDir, signal, env: { GIT_LITERAL_PATHSPECS: "1" } },
  );
  const entries: Entry[] = [];
  for (const record of new TextDecoder().decode(out).split("\0")) {
    // <mode> SP <type> SP <oid> SP+ <size> TAB <path>
    const match = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([^]*)$/.exec(record);
    if (!match) continue;
    const [, mode = "", oid = "", size = "", path = ""] = match;
    entries.push({
      mode,
      oid,
      size: Number(size) || 0,
      path: top ? path.slice(top.length + 1) : path,
    });
  }
  if (top && entries.length === 0) {
    throw new GitError(what, `there is no folder ${top} (spec.path) in it`);
  }
  return entries;
}

function normalize(path = ""): string {
  const parts = path.split("/").filter((part) => part && part !== ".");
  if (parts.includes("..")) {
    throw new Error(
      `Cannot take spec.path ${
        JSON.stringify(path)
      }: it leads out of the repository`,
    );
  }
  return parts.join("/");
}

/** Reads blobs by `git cat-file --batch`. */
class BlobReader {
  readonly #options: ReadTreeOptions;
  readonly #what: string;

  constructor(options: ReadTreeOptions, what: string) {
    this.#options = options;
    this.#what = what;
  }

  async all(oids: string[]): Promise<Uint8Array[]> {
    if (oids.length === 0) return [];
    const { gitDir, signal, maxTotalBytes = 256 * 2 ** 20 } = this.#options;
    const out = await runGit(["cat-file", "--batch"], {
      what: this.#what,
      gitDir,
      signal,
      stdin: new TextEncoder().encode(oids.join("\n") + "\n"),
      maxBytes: maxTotalBytes + oids.length * 128,
    });
    const blobs: Uint8Array[] = [];
    let at = 0;
    for (const oid of oids) {
      const end = out.indexOf(0x0a, at);
      const header = new TextDecoder().decode(out.subarray(at, end));
      const [, type, size] = header.split(" ");
      if (type !== "blob") {
        throw new GitError(this.#what, `missing blob ${oid}: ${header}`);
      }
      blobs.push(out.subarray(end + 1, end + 1 + Number(size)));
      at = end + 1 + Number(size) + 1;
    }
    return blobs;
  }
}
