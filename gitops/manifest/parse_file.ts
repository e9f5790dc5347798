import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from "yaml";
import { nodeProblems } from "./node_problems.ts";
import type { Position, Problem } from "./problem.ts";
import type { Sensitive } from "./sensitive.ts";
import { jsonProblem, yamlMessage } from "./syntax_problems.ts";

/** Errors of one file that are told; more follow from the first ones. */
const MOST = 20;

/** A YAML or JSON object, and where its parts stand. */
export interface ParsedDocument {
  value: unknown;
  /**
   * Where a field stands: its value, or with `key` its key. The nearest part
   * that is there, for one that is not.
   */
  locate(path: readonly PropertyKey[], what?: "key" | "value"): Position;
  /** Whether a field is written as a plain scalar: without quotes. */
  isPlain(path: readonly PropertyKey[]): boolean;
  /** What in it nobody may see. */
  sensitive?: Sensitive;
  /** Whether it was encrypted in the repository. */
  encrypted?: boolean;
  /** Whether Kustomize built it. */
  built?: boolean;
}

/** What a file holds. */
export interface ParsedFile {
  documents: ParsedDocument[];
  problems: Problem[];
}

/** A file as the YAML library has it, before its values are taken. */
export interface ParsedNodes {
  /** Those without a fault that makes their values doubtful. */
  documents: Document.Parsed[];
  problems: Problem[];
  position(offset: number): Position;
}

/**
 * Parses YAML 1.2 with all its documents, or JSON where the name ends so.
 * `List`s are replaced by their items.
 */
export function parseFile(
  file: { path: string; text: string },
): ParsedFile {
  const { documents, problems, position } = parseNodes(file);
  return {
    documents: documents.flatMap((document) => toDocuments(document, position)),
    problems,
  };
}

/** The first step of {@linkcode parseFile}: syntax, and what no API can hold. */
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
  const isJson = /\.json$/.test(file.path);
  const invalid = isJson ? "no valid JSON" : "no valid YAML";
  const json = isJson && file.text.trim() ? jsonProblem(file.text) : undefined;
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

/** The objects of a document: itself, the items of a `List`, or none where it is empty. */
export function toDocuments(
  document: Document.Parsed,
  position: (offset: number) => Position,
  about: Pick<ParsedDocument, "sensitive" | "encrypted"> = {},
): ParsedDocument[] {
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return [];
  return expand({ value, ...about, ...locator(document, position) });
}

/** The items of a `List` (of any kind), or the document itself. */
function expand(document: ParsedDocument): ParsedDocument[] {
  const { value, locate, isPlain, sensitive, encrypted } = document;
  const list = value as { kind?: unknown; items?: unknown };
  if (
    typeof list?.kind !== "string" || !list.kind.endsWith("List") ||
    !Array.isArray(list.items)
  ) return [document];
  return list.items.flatMap((item, i) =>
    expand({
      value: item,
      locate: (path, what) => locate(["items", i, ...path], what),
      isPlain: (path) => isPlain(["items", i, ...path]),
      sensitive: sensitive?.below(["items", i]),
      encrypted,
    })
  );
}

function locator(
  document: Document,
  position: (offset: number) => Position,
): Pick<ParsedDocument, "locate" | "isPlain"> {
  const resolve = (node: unknown): Node | undefined => {
    if (isAlias(node)) return node.resolve(document);
    return isNode(node) ? node : undefined;
  };
  /** The nearest part that is there. */
  const find = (path: readonly PropertyKey[]) => {
    let node: unknown = document.contents;
    let key: unknown = node;
    for (const part of path) {
      const into = resolve(node);
      if (isMap(into)) {
        const pair = findPair(into, String(part), resolve);
        if (!pair) return { node, key, isWhole: false };
        key = pair.key;
        node = pair.value ?? pair.key;
      } else if (isSeq(into) && into.items[Number(part)] !== undefined) {
        key = node = into.items[Number(part)];
      } else return { node, key, isWhole: false };
    }
    return { node, key, isWhole: true };
  };
  return {
    locate(path, what = "value") {
      const { node, key } = find(path);
      const at = what === "key" ? key : node;
      const start = isNode(at) ? at.range?.[0] : undefined;
      return position(start ?? document.range?.[0] ?? 0);
    },
    isPlain(path) {
      const { node, isWhole } = find(path);
      const scalar = resolve(node);
      return isWhole && isScalar(scalar) && scalar.type === "PLAIN";
    },
  };
}

function findPair(
  map: YAMLMap,
  name: string,
  resolve: (node: unknown) => Node | undefined,
): Pair | undefined {
  let merged: Pair | undefined;
  for (const pair of map.items) {
    if (!isPair(pair)) continue;
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
    if (key === name) return pair;
    // A merge key (`<<`) brings in the fields of others; own ones win.
    const isMerge = isScalar(pair.key) && pair.key.source === "<<";
    if (!isMerge) continue;
    const source = resolve(pair.value);
    for (const from of isSeq(source) ? source.items : [source]) {
      const other = resolve(from);
      if (isMap(other)) merged ??= findPair(other, name, resolve);
    }
  }
  return merged;
}
