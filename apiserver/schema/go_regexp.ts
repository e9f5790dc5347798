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
    .replace(/\[:(\w+):\]/g, (whole, name: string) => posix[name] ?? whole)
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
