import ignore from "ignore";

/** Name of the files that say what is left out. */
export const IGNORE_FILE = ".farosignore";

/**
 * What `.farosignore` files leave out, as `.gitignore` does: one in any
 * folder, for what is below; the deeper one wins, then the later line; `!`
 * takes back, though not what is in a folder that is left out.
 *
 * @see https://git-scm.com/docs/gitignore
 */
export class FarosIgnore {
  readonly #ignored = ignore({ ignorecase: false });
  #isEmpty = true;

  /**
   * Adds the content of a file. Those of outer folders have to come first.
   *
   * @param folder From the top: `workspaces/a`, empty for the top itself
   */
  add(folder: string, text: string): void {
    for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
      const pattern = folder ? below(folder, line) : line;
      if (!pattern) continue;
      this.#ignored.add(pattern);
      this.#isEmpty = false;
    }
  }

  /** Whether a path is left out; a folder's ends with a slash. */
  ignores(path: string): boolean {
    return !this.#isEmpty && this.#ignored.ignores(path);
  }
}

/** A pattern of a folder as one of the top. */
function below(folder: string, line: string): string | undefined {
  if (!line.trim() || line.startsWith("#")) return undefined;
  const negated = line.startsWith("!");
  const pattern = negated ? line.slice(1) : line;
  const prefix = folder.replace(/[\\*?[\] ]/g, "\\$&");
  // A slash that is not the last one binds it to its folder.
  const bound = pattern.replace(/\s+$/, "").replace(/\/$/, "").includes("/");
  const rest = pattern.replace(/^\//, "");
  return `${negated ? "!" : ""}/${prefix}/${bound ? "" : "**/"}${rest}`;
}
