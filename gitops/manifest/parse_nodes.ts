import { type Document, LineCounter, parseAllDocuments } from "yaml";
import { nodeProblems } from "./node_problems.ts";
import type { Position, Problem } from "./problem.ts";
import { jsonProblem, yamlMessage } from "./syntax_problems.ts";
import { hasTooManyValues, TOO_MANY_VALUES } from "./too_many_values.ts";

/** Errors of one file that are told; more follow from the first ones. */
const MOST = 20;

/** A file as the YAML library has it, before its values are taken. */
export interface ParsedNodes {
  /** Those without a fault that makes their values doubtful. */
  documents: Document.Parsed[];
  problems: Problem[];
  position(offset: number): Position;
}

/** Whether a file has to be JSON, of which YAML takes more. */
export function isJson(path: string): boolean {
  return path.endsWith(".json");
}

/**
 * Parses YAML 1.2 with all its documents, or JSON where the name ends so, into
 * trees that know where everything stands; tells of faults of its syntax, and
 * of what no API can hold.
 */
export function parseNodes(
  file: { path: string; text: string },
): ParsedNodes {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const documents: Document.Parsed[] = [];
  const found = new Map<string, Problem>();
  const report = (offset: number, message: string) => {
    const at = position(offset);
    const key = `${at.line}:${at.column}`;
    // Of several at one place the first is the cause.
    if (!found.has(key)) found.set(key, { file: file.path, ...at, message });
  };
  const invalid = isJson(file.path) ? "no valid JSON" : "no valid YAML";
  if (hasTooManyValues(file.text)) {
    report(0, TOO_MANY_VALUES);
    return { documents, problems: [...found.values()], position };
  }
  const json = isJson(file.path) && file.text.trim()
    ? jsonProblem(file.text)
    : undefined;
  if (json) {
    const { message, ...at } = json;
    const problem = {
      file: file.path,
      ...at,
      message: `${invalid}: ${message}`,
    };
    return { documents, problems: [problem], position };
  }
  try {
    const parsed = parseAllDocuments(file.text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      // Looked for by ourselves: the library compares each key with each.
      uniqueKeys: false,
    });
    // What is wrong in a file without a document.
    const { errors = [], warnings = [] } = "empty" in parsed ? parsed : {};
    for (const error of [...errors, ...warnings]) {
      report(error.pos[0], `${invalid}: ${yamlMessage(error, file.text)}`);
    }
    for (const document of Array.isArray(parsed) ? parsed : []) {
      let isWhole = true;
      for (const error of [...document.errors, ...document.warnings]) {
        report(error.pos[0], `${invalid}: ${yamlMessage(error, file.text)}`);
        isWhole = false;
      }
      if (!isWhole) continue;
      const faults = nodeProblems(document);
      for (const { offset, message } of faults) {
        report(offset, `${invalid}: ${message}`);
      }
      if (faults.every((fault) => fault.isLocal)) documents.push(document);
    }
  } catch (error) {
    // What is nested so deep that the parser gives up.
    if (!(error instanceof RangeError)) throw error;
    report(0, `${invalid}: it is nested too deep to be read`);
  }
  const problems = [...found.values()];
  if (problems.length > MOST) {
    const more = problems.length - MOST;
    problems.length = MOST;
    const last = problems[MOST - 1]!;
    problems.push({
      file: file.path,
      line: last.line!,
      column: last.column! + 1,
      message: `and ${more} more errors of its syntax`,
    });
  }
  return { documents, problems, position };
}
