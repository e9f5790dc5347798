import { join } from "node:path";
import ignore from "ignore";
import { selectPath } from "../../gitops/manifest/layout.ts";
import type {
  RefusedFile,
  SourceFile,
  SourceTree,
} from "../../gitops/source/read_tree.ts";

/** Name of the file, at the top, that says what is left out, as .gitignore. */
const IGNORE_FILE = ".farosignore";

/** Reads a folder of the file system as the hub reads a commit. */
export async function readFolder(
  top: string,
  options: { signal?: AbortSignal } = {},
): Promise<SourceTree> {
  const ignored = ignore();
  try {
    ignored.add(await Deno.readTextFile(join(top, IGNORE_FILE)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const files: SourceFile[] = [];
  const refused: RefusedFile[] = [];
  await walk("");
  return { commit: "", files, refused };

  async function walk(folder: string): Promise<void> {
    options.signal?.throwIfAborted();
    const entries = await Array.fromAsync(Deno.readDir(join(top, folder)));
    for (const entry of entries) {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.name.startsWith(".") || ignored.ignores(path)) continue;
      if (entry.isSymlink) {
        if (selectPath(path, "link")) {
          refused.push({
            path,
            reason:
              "is a symbolic link, which is never followed; put the file there",
          });
        }
      } else if (entry.isDirectory) await walk(path);
      else if (selectPath(path, "file")) {
        const text = await Deno.readTextFile(join(top, path));
        files.push({ path, oid: path, text });
      }
    }
  }
}
