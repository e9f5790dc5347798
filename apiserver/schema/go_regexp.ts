/**
 * Compiles a pattern written for Go's regexp (RE2) as a JavaScript RegExp. Differences that matter in schemas are
 * translated: leading flags such as `(?i)`, `\A`, `\z` and POSIX classes.
 *
 * @throws {SyntaxError} where JavaScript cannot express the pattern.
 */
export function goRegExp(pattern: string): RegExp {
  let flags = "";
  let source = pattern;
  const lead = /^\(\?([ims]+)\)/.exec(source);
  if (lead) {
    flags = lead[1]!;
    source = source.slice(lead[0].length);
  }
  source = source
    .replace(
      /\[:(\w+):\]/g,
      (whole, name: string) =>
        Object.hasOwn(posix, name) ? posix[name]! : whole,
    )
    .replace(/\\A/g, "^")
    .replace(/\\z/g, "$")
    .replace(/\(\?P</g, "(?<");
  try {
    return new RegExp(source, flags + "u");
  } catch {
    // The u flag refuses escapes that Go allows, such as `\-` outside of a class.
    return new RegExp(source, flags);
  }
}

const posix: Record<string, string> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** What Go says of a pattern whose brackets do not match; undefined where they do. */
export function goRegExpError(pattern: string): string | undefined {
  const says = (why: string, what: string) =>
    `error parsing regexp: ${why}: \`${what}\``;
  let open = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === "\\") {
      if (++at === pattern.length) {
        return "error parsing regexp: trailing backslash at end of expression: ``";
      }
    } else if (character === "[") {
      const end = classEnd(pattern, at);
      if (end === undefined) {
        return says("missing closing ]", pattern.slice(at));
      }
      at = end;
    } else if (character === "(") open++;
    else if (character === ")" && --open < 0) {
      return says("unexpected )", pattern);
    }
  }
  return open > 0 ? says("missing closing )", pattern) : undefined;
}

/** Where the class that opens at `at` closes. */
function classEnd(pattern: string, at: number): number | undefined {
  // Directly behind the opening, a bracket stands for itself.
  const first = pattern[at + 1] === "^" ? at + 2 : at + 1;
  for (let i = first; i < pattern.length; i++) {
    if (pattern[i] === "\\") i++;
    else if (pattern.startsWith("[:", i) && pattern.includes(":]", i + 2)) {
      i = pattern.indexOf(":]", i + 2) + 1;
    } else if (pattern[i] === "]" && i > first) return i;
  }
  return undefined;
}
