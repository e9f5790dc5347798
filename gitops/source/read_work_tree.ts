import { join } from "node:path";
import { FarosIgnore, IGNORE_FILE, ignoreFilesAmong } from "./farosignore.ts";
import type { RefusedFile, SourceFile, SourceTree } from "./read_tree.ts";

/** Options of {@linkcode readWorkTree}. */
export interface ReadWorkTreeOptions {
  /** Paths, from the folder, of what may be read. @default all there is */
  files?: string[];
  /** Whether something of that path matters. */
  select: (path: string, what: "file" | "link") => boolean;
  /** Bytes of one file. @default {1 MiB} */
  maxFileBytes?: number;
  /** Bytes of all of them. @default {256 MiB} */
  maxTotalBytes?: number;
  /** @default {100000} */
  maxFiles?: number;
  signal?: AbortSignal;
}

/**
 * Reads a folder as if it were a commit, with the same limits: links are never
 * followed, not in the middle of a path either, and what is no file (a pipe, a
 * device) is not opened.
 */
export async function readWorkTree(
  folder: string,
  options: ReadWorkTreeOptions,
): Promise<SourceTree> {
  const {
    select,
    signal,
    maxFileBytes = 2 ** 20,
    maxTotalBytes = 256 * 2 ** 20,
    maxFiles = 100_000,
  } = options;
  const files: SourceFile[] = [];
  const refused: RefusedFile[] = [];
  const kindOf = inspector(folder);
  const paths = options.files ?? await listAll(folder, signal);
  const ignored = new FarosIgnore();
  const ignoreFiles = ignoreFilesAmong(paths, (path) => path);
  for (const { file: path, folder: below } of ignoreFiles) {
    const info = kindOf(path);
    if (!info) continue;
    const text = info.isFile
      ? readText(join(folder, path), maxFileBytes)
      : undefined;
    const reason = text === undefined
      ? "is no regular file of UTF-8 text within the limit of size"
      : ignored.add(below, text);
    if (reason) refused.push({ path, reason });
  }
  let total = 0;
  for (const path of [...paths].sort()) {
    signal?.throwIfAborted();
    const info = kindOf(path);
    // Deleted, or behind a link that is told of itself.
    if (!info) continue;
    if (!select(path, info.isFile ? "file" : "link")) continue;
    if (ignored.ignores(path)) continue;
    const reason = info.isSymlink
      ? `is a symbolic link, which is never followed; put the content in its place, or name it in ${IGNORE_FILE}`
      : info.isDirectory
      ? `is a submodule, which is not read; put its files in its place, or name it in ${IGNORE_FILE}`
      : !info.isFile
      ? `is no file; name it in ${IGNORE_FILE}`
      : info.size > maxFileBytes
      ? `is ${info.size} bytes large, more than the limit of ${maxFileBytes}`
      : undefined;
    if (reason) {
      refused.push({ path, reason });
      continue;
    }
    total += info.size;
    if (files.length >= maxFiles || total > maxTotalBytes) {
      throw new Error(
        `Cannot read ${folder}: its manifests are more than the limit of ${maxFiles} files and ${maxTotalBytes} bytes; leave files out by ${IGNORE_FILE}`,
      );
    }
    const text = readText(join(folder, path), maxFileBytes);
    if (text === undefined) refused.push({ path, reason: "is not UTF-8 text" });
    else files.push({ path, oid: `work:${path}`, text });
  }
  return { commit: "", files, refused };
}

/** Tells what a path is, where no link is on the way to it. */
function inspector(
  folder: string,
): (path: string) => Deno.FileInfo | undefined {
  const folders = new Map<string, boolean>([["", true]]);
  const lstat = (path: string): Deno.FileInfo | undefined => {
    try {
      return Deno.lstatSync(join(folder, path));
    } catch (error) {
      if (
        error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory
      ) return undefined;
      throw error;
    }
  };
  const isPlain = (path: string): boolean => {
    let plain = folders.get(path);
    if (plain === undefined) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      plain = isPlain(parent) && (lstat(path)?.isDirectory ?? false);
      folders.set(path, plain);
    }
    return plain;
  };
  return (path) =>
    isPlain(path.slice(0, Math.max(0, path.lastIndexOf("/"))))
      ? lstat(path)
      : undefined;
}

function readText(path: string, maxBytes: number): string | undefined {
  const bytes = Deno.readFileSync(path);
  if (bytes.length > maxBytes) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function listAll(
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const paths: string[] = [];
  const walk = async (below: string) => {
    signal?.throwIfAborted();
    for await (const entry of Deno.readDir(join(folder, below))) {
      if (entry.name.startsWith(".") && entry.name !== IGNORE_FILE) continue;
      const path = below ? `${below}/${entry.name}` : entry.name;
      if (entry.isDirectory) await walk(path);
      else paths.push(path);
    }
  };
  await walk("");
  return paths;
}
