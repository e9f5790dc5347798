import { CST, Lexer } from "yaml";

/** Most values of a text: its tree takes some two KiB for each, and the largest of known manifests has a third of them. */
export const MOST_VALUES = 150_000;

/** What each value begins with, or a pair or an item of which it may be missing. */
const VALUES = new Set([
  "scalar",
  "single-quoted-scalar",
  "double-quoted-scalar",
  "block-scalar-header",
  "alias",
  "flow-map-start",
  "flow-seq-start",
  "seq-item-ind",
  "explicit-key-ind",
  "map-value-ind",
  "comma",
]);

/** What separates values, other than the text of one. */
const SEPARATORS = new Set([..."{}[],:-?\n\"'"].map((c) => c.charCodeAt(0)));

/**
 * Whether a text of YAML or JSON has more values than anybody keeps in memory:
 * one MiB of `[{},{},…]` would take a GiB. Counts without making any.
 *
 * @param most Values that may be, empty ones included. @default {MOST_VALUES}
 */
export function hasTooManyValues(text: string, most = MOST_VALUES): boolean {
  // Each takes a character at least, and of most texts that is all there is to see.
  if (text.length <= most || 2 * countSeparators(text) < most) return false;
  let values = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    // A plain scalar is told first, and then its text.
    if (isScalar) {
      isScalar = false;
      continue;
    }
    const type = CST.tokenType(lexeme);
    isScalar = type === "scalar";
    if (type && VALUES.has(type) && ++values > most) return true;
  }
  return false;
}

/** Half as many as there are values, at least: a value is one, or ends at one. */
function countSeparators(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if (SEPARATORS.has(text.charCodeAt(i))) count++;
  }
  return count;
}

/** What to do about it. */
export const TOO_MANY_VALUES =
  `it has more than ${MOST_VALUES} values; split it, or put what is data into a text`;
