import { FarosIgnore, IGNORE_FILE } from "./farosignore.ts";
import type { RefusedFile, SourceFile, SourceTree } from "./read_tree.ts";

/**
 * Reads a folder of the file system as if it were a commit, for checking
 * manifests before they are committed.
 */
export async function readFolder(
  path: string,
  options: {
    select: (path: string, what: "file" | "link") => boolean;
    signal?: AbortSignal;
  },
): Promise<SourceTree> {
  const { select, signal } = options;
  const ignored = new FarosIgnore();
  const files: SourceFile[] = [];
  const refused: RefusedFile[] = [];
  const walk = async (below: string) => {
    signal?.throwIfAborted();
    try {
      const file = `${path}/${below}/${IGNORE_FILE}`;
      const isFile = (await Deno.lstat(file)).isFile;
      const reason = isFile
        ? ignored.add(below, await Deno.readTextFile(file))
        : "is no regular file";
      if (reason) {
        const path = below ? `${below}/${IGNORE_FILE}` : IGNORE_FILE;
        refused.push({ path, reason });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    for await (const entry of Deno.readDir(`${path}/${below}`)) {
      const name = below ? `${below}/${entry.name}` : entry.name;
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) {
        if (!ignored.ignores(`${name}/`)) await walk(name);
        continue;
      }
      if (!select(name, entry.isSymlink ? "link" : "file")) continue;
      if (ignored.ignores(name)) continue;
      if (entry.isSymlink) {
        refused.push({
          path: name,
          reason: "is a symbolic link, which is never followed",
        });
        continue;
      }
      try {
        const bytes = await Deno.readFile(`${path}/${name}`);
        const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
        files.push({ path: name, oid: crypto.randomUUID(), text });
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        refused.push({ path: name, reason: "is not UTF-8 text" });
      }
    }
  };
  await walk("");
  return { commit: "", files, refused };
}
