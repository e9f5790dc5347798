/**
 * Errors of syntax, in words that tell what to do.
 *
 * @module
 */
import type { YAMLError } from "yaml";
import type { Position } from "./problem.ts";

/** An error of the YAML parser, for people. */
export function yamlMessage(error: YAMLError, text: string): string {
  const [start, end] = error.pos;
  const found = text.slice(start, Math.max(end, start + 1));
  switch (error.code) {
    case "TAB_AS_INDENT":
      return "found a tab, expected spaces as indentation";
    case "MULTILINE_IMPLICIT_KEY":
    case "BLOCK_AS_IMPLICIT_KEY":
      return "found a field inside of a value; is a line indented too far, or a colon too many? Put a text with a colon in quotes";
    case "BAD_INDENT":
      return `${
        lowerFirst(error.message)
      }; is a line indented wrongly, or a bracket not closed?`;
    case "BAD_SCALAR_START":
      return `found ${
        JSON.stringify(found.slice(0, 1))
      }, which starts no text; put it in quotes`;
    case "TAG_RESOLVE_FAILED": {
      const tag = /^Unresolved tag: (.*)$/.exec(error.message)?.[1];
      if (tag === undefined) return lowerFirst(error.message).slice(0, 200);
      return `found the tag ${
        tag.replace("tag:yaml.org,2002:", "!!").slice(0, 100)
      }, expected none; write a plain value`;
    }
    case "MISSING_CHAR":
      return `${lowerFirst(error.message)}; it is opened ${
        /quote/.test(error.message) ? "before" : "here or before"
      }, and never closed`;
    default:
      return /call stack|stack overflow/i.test(error.message)
        ? "it is nested too deep to be read"
        : lowerFirst(error.message);
  }
}

/** Why a text is no JSON, and where; nothing where it is. */
export function jsonProblem(
  text: string,
): (Position & { message: string }) | undefined {
  const message = jsonError(text);
  if (message === undefined) return undefined;
  const told = /at position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, Number(told ?? firstFault(text))).split("\n");
  const reason = lowerFirst(
    message.replace(/( in JSON)? at position.*$/s, "")
      .replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, ""),
  );
  return {
    line: before.length,
    column: before.at(-1)!.length + 1,
    message: isEnd(text, message)
      ? "it ends too early: a bracket or a quote is not closed"
      : reason,
  };
}

/** What V8 says: `Expected ',' or '}' … in JSON at position 60 (line 1 column 61)`. */
function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether nothing is wrong but that more should follow. */
function isEnd(text: string, message: string): boolean {
  return /end of JSON|^Unterminated/.test(message) ||
    message.includes(`at position ${text.length} `);
}

/** Where an error is that V8 gives no position of: the shortest beginning that has it. */
function firstFault(text: string): number {
  let [good, bad] = [0, text.length];
  while (good < bad) {
    const middle = (good + bad) >> 1;
    const beginning = text.slice(0, middle + 1);
    const message = jsonError(beginning);
    if (message === undefined || isEnd(beginning, message)) good = middle + 1;
    else bad = middle;
  }
  return good;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
