import { isAbsolute, resolve } from "node:path";
import { UsageError } from "../errors.ts";

/**
 * The URL of a repository that a hub on this very machine is to follow: as it is given, or, for a folder that is named
 * from the current one, its absolute path.
 *
 * @throws {UsageError} where there is no such folder
 */
export async function hereOrUrl(text: string): Promise<string> {
  // As git tells `host:path` from a path: by a colon before the first slash.
  if (isAbsolute(text) || /^[^/]*:/.test(text)) return text;
  const path = resolve(text);
  const isFolder = await Deno.stat(path).then(
    (s) => s.isDirectory,
    () => false,
  );
  if (isFolder) return path;
  throw new UsageError(
    `--repository is ${
      JSON.stringify(text)
    }; there is no folder ${path}, and it is no https://, ssh:// or file:// URL and no host:path`,
  );
}
