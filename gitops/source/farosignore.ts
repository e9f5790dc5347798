import ignore from "ignore";

/** Name of the files that say what is left out. */
export const IGNORE_FILE = ".farosignore";

/** Patterns of a repository. */
const MOST_PATTERNS = 1000;
/** Stars in a part of a pattern, and `**` in all of it: what it may take to find that a path does not match grows with the path's length to that power. */
const MOST_STARS = 2;

/** Those of some files that say what is left out, with their folders: outer ones first, as they have to be added. */
export function ignoreFilesAmong<T>(
  files: readonly T[],
  pathOf: (file: T) => string,
): { file: T; folder: string }[] {
  return files.filter((file) => {
    const path = pathOf(file);
    return path === IGNORE_FILE || path.endsWith(`/${IGNORE_FILE}`);
  }).map((file) => ({
    file,
    folder: pathOf(file).slice(0, -IGNORE_FILE.length - 1),
  })).sort((a, b) => depth(a.folder) - depth(b.folder));
}

/**
 * What `.farosignore` files leave out, as `.gitignore` does: one in any
 * folder, for what is below; the deeper one wins, then the later line; `!`
 * takes back, though not what is in a folder that is left out.
 *
 * @see https://git-scm.com/docs/gitignore
 */
export class FarosIgnore {
  readonly #ignored = ignore({ ignorecase: false });
  #size = 0;

  /**
   * Adds the content of a file. Those of outer folders have to come first.
   *
   * @param folder From the top: `workspaces/a`, empty for the top itself
   * @returns Why it is not taken, all of it, where it is not
   */
  add(folder: string, text: string): string | undefined {
    const patterns: string[] = [];
    for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
      if (!line.trim() || line.startsWith("#")) continue;
      if (hasManyStars(line)) {
        return `has the pattern ${
          JSON.stringify(line.slice(0, 60))
        }, with more than ${MOST_STARS} "*" between two "/", or more than ${MOST_STARS} "**"; write several patterns`;
      }
      const pattern = folder ? below(folder, line) : line;
      if (!isReadable(pattern)) {
        return `has the pattern ${
          JSON.stringify(line.slice(0, 60))
        }, which cannot be read; put a \\ before a [ that is no range`;
      }
      patterns.push(pattern);
    }
    this.#size += patterns.length;
    if (this.#size > MOST_PATTERNS) {
      return `brings the patterns of all ${IGNORE_FILE} files to more than ${MOST_PATTERNS}`;
    }
    for (const pattern of patterns) this.#ignored.add(pattern);
  }

  /** Whether a path is left out; a folder's ends with a slash. */
  ignores(path: string): boolean {
    return this.#size > 0 && this.#ignored.ignores(path);
  }
}

/** Folders above the content of one: none of the top, whose name is empty. */
function depth(folder: string): number {
  return folder === "" ? 0 : folder.split("/").length;
}

/** Whether a pattern can be used at all, which is found out at the first path. */
function isReadable(pattern: string): boolean {
  try {
    // What is taken back is not looked at where nothing is left out.
    ignore().add(pattern.replace(/^!/, "")).ignores("a");
    return true;
  } catch {
    return false;
  }
}

function hasManyStars(pattern: string): boolean {
  const parts = pattern.split("/");
  const stars = (part: string) => part.match(/\*+/g)?.length ?? 0;
  return parts.some((part) => stars(part) > MOST_STARS) ||
    parts.filter((part) => part.includes("**")).length > MOST_STARS;
}

/** A pattern of a folder as one of the top. */
function below(folder: string, line: string): string {
  const negated = line.startsWith("!");
  const pattern = negated ? line.slice(1) : line;
  const prefix = folder.replace(/[\\*?[\] ]/g, "\\$&");
  // A slash that is not the last one binds it to its folder.
  const bound = pattern.replace(/\s+$/, "").replace(/\/$/, "").includes("/");
  const rest = pattern.replace(/^\//, "");
  return `${negated ? "!" : ""}/${prefix}/${bound ? "" : "**/"}${rest}`;
}
