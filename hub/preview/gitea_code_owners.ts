import { RE2JS } from "re2js";

/** Where Gitea and Forgejo look for it, the first that is there counts. */
export const GITEA_CODE_OWNERS_FILES: readonly string[] = [
  "CODEOWNERS",
  "docs/CODEOWNERS",
  ".gitea/CODEOWNERS",
  ".forgejo/CODEOWNERS",
];

/**
 * Who owns which files, after the text of a `CODEOWNERS` file as Gitea and
 * Forgejo read it: regular expressions of whole paths, `!` before one for all
 * paths but these, and every rule that matches asks its owners.
 *
 * @returns The owners of a path from the top, one list for each approval that
 * it takes; an empty list where it takes none.
 * @see https://docs.gitea.com/usage/code-owners
 */
export function giteaCodeOwners(text: string): (path: string) => string[][] {
  const rules = text.split(/\r?\n/).flatMap((line) => {
    const [pattern = "", ...owners] = words(line);
    const isNegative = pattern.startsWith("!");
    const matches = matcher(pattern.slice(isNegative ? 1 : 0));
    // It leaves out what it cannot read, too.
    if (!matches || !owners.length) return [];
    return [{
      matches: (path: string) => matches(path) !== isNegative,
      owners,
    }];
  });
  return (path) =>
    rules.filter(({ matches }) => matches(path)).map(({ owners }) => owners);
}

/** Words of a line up to a `#`, wherever that stands; a backslash keeps what it stands before. */
function words(line: string): string[] {
  const [before = ""] = /^(?:\\.|[^#\\])*/.exec(line) ?? [];
  return (before.match(/(?:\\.|[^\s\\])+/g) ?? [])
    .map((word) => word.replaceAll(/\\(.)/g, "$1"));
}

function matcher(pattern: string): ((path: string) => boolean) | undefined {
  const whole = `^${pattern.replace(/^\//, "")}$`;
  try {
    const expression = RE2JS.compile(whole);
    return (path) => expression.test(path);
  } catch {
    // RE2 takes no time that grows with what a pull request names its files, but no lookahead either.
  }
  try {
    const expression = new RegExp(whole);
    return (path) => expression.test(path);
  } catch {
    return undefined;
  }
}
