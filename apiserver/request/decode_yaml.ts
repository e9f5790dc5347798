/**
 * YAML of a request's body. Loaded when the first client sends some: kubectl sends JSON, and the library takes 4 MB and a
 * good part of a start.
 *
 * @module
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from "yaml";
import { badRequest } from "../errors.ts";
import type { JsonObject } from "../types.ts";
import { countKeys, MAX_DEPTH } from "./count_keys.ts";
import type { DecodedBody } from "./decode.ts";

/** Aliases of one YAML document may add up to no more than this many nodes (against the "billion laughs"). */
const MAX_ALIASES = 100;

/** Decodes YAML. @throws {StatusError} 400, as `decodeBody` */
export function decodeYaml(text: string): DecodedBody {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: "error",
    prettyErrors: true,
  });
  const [error] = document.errors;
  if (error) {
    throw badRequest(`error converting YAML to JSON: yaml: ${error.message}`);
  }
  const found: string[] = [];
  findDuplicates(document.contents, { lines, depth: 0, out: found });
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw badRequest(
      `error converting YAML to JSON: yaml: ${(error as Error).message}`,
    );
  }
  if (!value || typeof value !== "object") {
    throw badRequest(
      `the request body must be an object, found ${
        JSON.stringify(value) ?? "nothing"
      }`,
    );
  }
  countKeys(value);
  const duplicates = found.length
    ? [`yaml: unmarshal errors:\n${found.join("\n")}`]
    : [];
  return { value: value as JsonObject, duplicates };
}

function findDuplicates(
  node: unknown,
  { lines, depth, out }: { lines: LineCounter; depth: number; out: string[] },
): void {
  if (depth > MAX_DEPTH) {
    throw badRequest(
      `the request body is nested deeper than ${MAX_DEPTH} levels`,
    );
  }
  if (isAlias(node)) return;
  const inner = { lines, depth: depth + 1, out };
  if (isSeq(node)) {
    for (const item of node.items) findDuplicates(item, inner);
    return;
  }
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : String(key);
    if (seen.has(name)) {
      const [at = 0] = isScalar(key) ? key.range ?? [] : [];
      const { line } = lines.linePos(at);
      out.push(
        `  line ${line}: key ${JSON.stringify(name)} already set in map`,
      );
    }
    seen.add(name);
    findDuplicates(value, inner);
  }
}
