/**
 * Text of others, made harmless for where it goes. Names and values in a pull
 * request can be anything.
 *
 * @module
 */

/** Characters that no name or value is to bring into a terminal or a page: control, format (right-to-left), line ends. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** Text on one line in which everything can be seen. */
export function plain(text: string): string {
  return text.replaceAll(INVISIBLE, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\t") return "\\t";
    return `\\u{${char.codePointAt(0)!.toString(16)}}`;
  });
}

/**
 * Text as a code span of Markdown, in which nothing is markup, a link or a
 * mention (CommonMark 0.31, 6.1: a fence longer than any run of backticks).
 */
export function code(text: string): string {
  const shown = plain(text) || " ";
  const runs = shown.match(/`+/g) ?? [];
  const fence = "`".repeat(1 + Math.max(0, ...runs.map((run) => run.length)));
  const pad = /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** Words between code spans: everything that Markdown or HTML could take for markup is escaped. */
export function words(text: string): string {
  return plain(text)
    .replaceAll(/[\\`*_{}[\]()#+\-!|~>$^=]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    // What is no mention any more, and looks the same.
    .replaceAll("@", "@&#8203;")
    .replaceAll(/(https?|ftp)(:)/gi, "$1&#8203;$2")
    .replaceAll(/(www)\./gi, "$1&#8203;.");
}

/** Text in XML, without the characters that XML 1.0 cannot hold. */
export function xml(text: string): string {
  return text
    // deno-lint-ignore no-control-regex
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, "\ufffd")
    .replaceAll(/[\p{Cs}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;")
    .replaceAll("\t", "&#9;");
}
