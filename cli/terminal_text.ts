/** What a terminal acts on, or shows in another order than it stands in: controls, line separators, bidirectional marks. */
const ACTIVE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
/** What `style.ts` writes: begun and ended, so that nobody's text colours what comes after it. */
const STYLED =
  // deno-lint-ignore no-control-regex
  /(\x1b\[[12]m)([^\x1b]*)(\x1b\[22m)|(\x1b\[3[123]m)([^\x1b]*)(\x1b\[39m)/;

/**
 * Text for people, in which nothing commands their terminal: names, messages and what devices say of themselves can be
 * anything. Line breaks and tabs stay; other active characters are shown as `\u001b`.
 *
 * @param options.styled Whether marks of `style.ts` may be in it
 */
export function terminalText(
  text: string,
  { styled }: { styled: boolean },
): string {
  const visible = (part: string) =>
    part.replaceAll(
      ACTIVE,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  if (!styled) return visible(text);
  // Between what is not styled: begin, text and end, of either kind of mark.
  return text.split(STYLED).map((part, i) =>
    [1, 3, 4, 6].includes(i % 7) ? part ?? "" : visible(part ?? "")
  ).join("");
}
