/** Where a repository may have it, the first that is there counts. */
export const CODE_OWNERS_FILES: readonly string[] = [
  ".github/CODEOWNERS",
  ".gitlab/CODEOWNERS",
  "CODEOWNERS",
  "docs/CODEOWNERS",
];

interface Rule {
  matches: (path: string) => boolean;
  owners: string[];
}

interface Section {
  optional: boolean;
  rules: Rule[];
}

/**
 * Who owns which files, after the text of a `CODEOWNERS` file as GitHub and
 * GitLab read it: the last pattern that matches counts, in each section of
 * GitLab's anew; sections that ask for nobody's approval (`^[…]`) are left out.
 *
 * @returns The owners of a path from the top, one list for each approval that
 * it takes; an empty list where it takes none.
 */
export function codeOwners(text: string): (path: string) => string[][] {
  const sections: Section[] = [{ optional: false, rules: [] }];
  let defaults: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const header = /^(\^?)\[([^\]]+)\](?:\[\d+\])?(?:\s+(.*))?$/.exec(
      line.trim(),
    );
    if (header) {
      defaults = words(header[3] ?? "");
      sections.push({ optional: header[1] === "^", rules: [] });
      continue;
    }
    const [pattern, ...owners] = words(line);
    if (!pattern) continue;
    sections.at(-1)!.rules.push({
      matches: matcher(pattern),
      owners: owners.length ? owners : defaults,
    });
  }
  return (path) =>
    sections.filter(({ optional }) => !optional).flatMap(({ rules }) => {
      const owners = rules.findLast((rule) => rule.matches(path))?.owners ?? [];
      return owners.length ? [owners] : [];
    });
}

/** Words of a line up to a comment; a backslash keeps what it stands before. */
function words(line: string): string[] {
  const found = line.match(/(?:\\.|[^\s\\])+/g) ?? [];
  const comment = found.findIndex((word) => word.startsWith("#"));
  return (comment < 0 ? found : found.slice(0, comment))
    .map((word) => word.replaceAll(/\\(.)/g, "$1"));
}

/** As .gitignore has it, but that `docs/*` is what is right in docs, and not below. */
function matcher(pattern: string): (path: string) => boolean {
  const isFolder = pattern.endsWith("/");
  const bare = pattern.replace(/^\//, "").replace(/\/$/, "");
  const anchored = pattern.startsWith("/") || bare.includes("/");
  const last = bare.slice(bare.lastIndexOf("/") + 1);
  const glob = bare.split("/").map((segment) =>
    segment === "**" ? "**" : segment
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll(/\*+/g, "[^/]*")
      .replaceAll("?", "[^/]")
  ).join("/")
    .replaceAll(/(^|\/)\*\*\//g, "$1(?:.*/)?")
    .replace(/(^|\/)\*\*$/, "$1.*");
  // A name alone may be that of a folder, with all that is in it.
  const below = isFolder ? "/.*" : /[*?]/.test(last) ? "" : "(?:/.*)?";
  const expression = new RegExp(
    `^${anchored ? "" : "(?:.*/)?"}${glob}${below}$`,
  );
  return (path) => expression.test(path);
}
