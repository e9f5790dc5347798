import { RE2JS } from "re2js";

/** Patterns that are kept compiled: those of rules come with every evaluation, and to compile one takes 0.3 ms. */
const KEPT = 200;
const kept = new Map<string, RE2JS>();

/**
 * Compiles a pattern as Go's `regexp` does (RE2): no text takes longer than in proportion to its length, whatever the
 * pattern, where JavaScript's own engine could be kept busy for years by a few dozen characters.
 *
 * @throws {Error} in Go's words, for what is no such pattern.
 */
export function goRegExp(pattern: string): RE2JS {
  let compiled = kept.get(pattern);
  if (compiled) return compiled;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const { message } = error as Error;
    // Go shows where, which is nothing here.
    const rest = message.endsWith("trailing backslash at end of expression")
      ? ": ``"
      : "";
    throw new Error(message + rest);
  }
  if (kept.size >= KEPT) kept.clear();
  kept.set(pattern, compiled);
  return compiled;
}
