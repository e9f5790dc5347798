import { type Document, isMap } from "yaml";
import { documentValue } from "./document_value.ts";
import { locateIn, type Places } from "./locate_in.ts";
import { isJson, type ParsedNodes, parseNodes } from "./parse_nodes.ts";
import { parseValues, plainScalars, scalarKey } from "./parse_values.ts";
import type { Position, Problem } from "./problem.ts";
import { rememberBriefly } from "./remember_briefly.ts";
import type { Sensitive } from "./sensitive.ts";
import { jsonProblem } from "./syntax_problems.ts";

/** A YAML or JSON object, and where its parts stand. */
export interface ParsedDocument extends Places {
  value: unknown;
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

interface TextFile {
  path: string;
  text: string;
}

/** The trees of a file, which take many times its text's memory. */
const nodesOf = rememberBriefly(parseNodes);

const plainScalarsOf = rememberBriefly(({ text }: TextFile) =>
  plainScalars(text)
);

/**
 * Parses YAML 1.2 with all its documents, or JSON where the name ends so.
 * `List`s are replaced by their items.
 *
 * Of most files only the values are read, which takes a tenth of the time and
 * no memory beyond them; where somebody asks for the place of a field, the file
 * is parsed once more.
 */
export function parseFile(file: TextFile): ParsedFile {
  const isNoJson = isJson(file.path) && jsonProblem(file.text);
  const values = isNoJson ? undefined : parseValues(file.text);
  if (values) {
    const documents = values.flatMap(({ value, ...start }, index) => {
      const find = ({ documents }: ParsedNodes) =>
        documents.filter(({ contents }) => isMap(contents))[index];
      return expand({
        value,
        ...placesLater(file, { start, find }),
        isPlain: (path) => plainScalarsOf(file)[index]!.has(scalarKey(path)),
      });
    });
    return { documents, problems: [] };
  }
  const { documents, problems, position } = parseNodes(file);
  return {
    documents: documents.flatMap((document, index) => {
      const value = documentValue(document);
      if (value === null || value === undefined) return [];
      const start = locateIn(document, position).locate([]);
      const find = ({ documents }: ParsedNodes) => documents[index];
      return expand({ value, ...placesLater(file, { start, find }) });
    }),
    problems,
  };
}

/** The objects of a document: itself, the items of a `List`, or none where it is empty. */
export function toDocuments(
  document: Document.Parsed,
  position: (offset: number) => Position,
  about: Pick<ParsedDocument, "sensitive" | "encrypted"> = {},
): ParsedDocument[] {
  const value = documentValue(document);
  if (value === null || value === undefined) return [];
  return expand({ value, ...about, ...locateIn(document, position) });
}

/** Answers of a document that is parsed when the first is asked for. */
function placesLater(
  file: TextFile,
  { start, find }: {
    /** Where the document starts. */
    start: Position;
    find(nodes: ParsedNodes): Document.Parsed | undefined;
  },
): Places {
  const places = () => {
    const nodes = nodesOf(file);
    const document = find(nodes);
    return document
      ? locateIn(document, nodes.position)
      // The parsers are of two minds after all: nobody is stopped by that.
      : { locate: () => start, isPlain: () => false };
  };
  return {
    locate: (path, what) =>
      path.length === 0 ? start : places().locate(path, what),
    isPlain: (path) => places().isPlain(path),
  };
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
