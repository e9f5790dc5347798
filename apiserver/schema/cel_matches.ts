import type { Node } from "./cel_estimate.ts";

/** Function that stands for `matches` in rules: by Go's regular expressions, whose time no pattern makes explode. */
export const MATCHES = "__matches";

/** `source` with {@linkcode MATCHES} in place of the library's `matches`, by its parsed form. */
export function withLinearMatches(source: string, root: Node): string {
  const places: number[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!node || typeof node !== "object" || !("op" in node)) return;
    const { op, args } = node as Node;
    if (op === "rcall" && args[0] === "matches") {
      const receiver: Node = args[1];
      places.push(source.indexOf("matches", receiver.end));
    }
    visit(args);
  };
  visit(root);
  let text = source;
  for (const at of places.sort((a, b) => b - a)) {
    text = text.slice(0, at) + MATCHES + text.slice(at + "matches".length);
  }
  return text;
}
