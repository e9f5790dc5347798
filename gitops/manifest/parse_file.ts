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
import type { Position, Problem } from "./problem.ts";

/** A YAML or JSON object, and where its parts stand. */
export interface ParsedDocument {
  value: unknown;
  /**
   * Where a field stands: its value, or with `key` its key. The nearest part
   * that is there, for one that is not.
   */
  locate(path: readonly PropertyKey[], what?: "key" | "value"): Position;
}

/** What a file holds. */
export interface ParsedFile {
  documents: ParsedDocument[];
  problems: Problem[];
}

/**
 * Parses YAML 1.2 (and so JSON) with all its documents. `List`s are replaced
 * by their items.
 */
export function parseFile(
  file: { path: string; text: string },
): ParsedFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(file.text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    // Two documents in one file of the same anchors are no business of ours,
    // an object with the same key twice is.
    uniqueKeys: true,
  });
  const documents: ParsedDocument[] = [];
  const problems: Problem[] = [];
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const wrong = [...document.errors, ...document.warnings];
    for (const error of wrong) {
      problems.push({
        file: file.path,
        ...position(error.pos[0]),
        message: `no valid YAML: ${lowerFirst(error.message)}`,
      });
    }
    if (wrong.length > 0) continue;
    let value: unknown;
    try {
      value = document.toJS();
    } catch (error) {
      problems.push({
        file: file.path,
        ...position(document.range?.[0] ?? 0),
        message: `no valid YAML: ${
          lowerFirst(error instanceof Error ? error.message : String(error))
        }`,
      });
      continue;
    }
    if (value === null || value === undefined) continue;
    const locate = locator(document, position);
    documents.push(...expand({ value, locate }));
  }
  return { documents, problems };
}

/** The items of a `List` (of any kind), or the document itself. */
function expand(document: ParsedDocument): ParsedDocument[] {
  const { value, locate } = document;
  const list = value as { kind?: unknown; items?: unknown };
  if (
    typeof list?.kind !== "string" || !list.kind.endsWith("List") ||
    !Array.isArray(list.items)
  ) return [document];
  return list.items.flatMap((item, i) =>
    expand({
      value: item,
      locate: (path, what) => locate(["items", i, ...path], what),
    })
  );
}

function locator(
  document: Document,
  position: (offset: number) => Position,
): ParsedDocument["locate"] {
  const resolve = (node: unknown): Node | undefined => {
    if (isAlias(node)) return node.resolve(document);
    return isNode(node) ? node : undefined;
  };
  return (path, what = "value") => {
    let node: unknown = document.contents;
    let key: unknown = node;
    for (const part of path) {
      const into = resolve(node);
      if (isMap(into)) {
        const pair = findPair(into, String(part), resolve);
        if (!pair) break;
        key = pair.key;
        node = pair.value ?? pair.key;
      } else if (isSeq(into) && into.items[Number(part)] !== undefined) {
        key = node = into.items[Number(part)];
      } else break;
    }
    const at = what === "key" ? key : node;
    const start = isNode(at) ? at.range?.[0] : undefined;
    return position(start ?? document.range?.[0] ?? 0);
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

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
