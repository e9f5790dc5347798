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
import { duplicateFields } from "./duplicate_fields.ts";

/** Objects and lists nested deeper than this are refused. */
const MAX_DEPTH = 500;
/** Aliases of one YAML document may add up to no more than this many nodes (against the "billion laughs"). */
const MAX_ALIASES = 100;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** A body, decoded. */
export interface DecodedBody {
  /** What the body says; an array for JSON patches. */
  value: JsonObject;
  /**
   * What a strict decoder says of keys that stand twice in one object, of which the last one counts: `duplicate field
   * "spec.a"` for each in JSON, all in one text with their lines in YAML.
   */
  duplicates: string[];
}

/**
 * Decodes a request's body: JSON, or YAML where `contentType` says so (JSON being YAML, it is tried first).
 * Numbers are doubles: integers beyond 2^53 lose precision.
 *
 * @throws {StatusError} 400 for what is not UTF-8, JSON or YAML, for several documents, too deep nesting, too many
 * aliases, and keys named `__proto__`.
 */
export function decodeBody(
  bytes: Uint8Array,
  contentType: string,
): DecodedBody {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw badRequest("the request body is not valid UTF-8");
  }
  const yaml = /yaml/i.test(contentType);
  if (yaml && !/^\s*[{[]/.test(text)) return decodeYaml(text);
  try {
    const decoded = decodeJson(text);
    return yaml && decoded.duplicates.length ? decodeYaml(text) : decoded;
  } catch (error) {
    // Flow YAML such as `{a: 1}` starts as JSON does.
    if (yaml && error instanceof SyntaxError) return decodeYaml(text);
    if (error instanceof SyntaxError) {
      throw badRequest(`the request body is not valid JSON: ${error.message}`);
    }
    throw error;
  }
}

function decodeJson(text: string): DecodedBody {
  const value = JSON.parse(text);
  if (!value || typeof value !== "object") {
    throw badRequest(
      `the request body must be an object, found ${JSON.stringify(value)}`,
    );
  }
  const keys = countKeys(value, 0);
  // Every key has one colon: only where there are more colons than keys does a key stand twice.
  const duplicates = countColons(text) > keys ? duplicateFields(text) : [];
  return { value, duplicates };
}

function countKeys(value: object, depth: number): number {
  if (depth > MAX_DEPTH) {
    throw badRequest(
      `the request body is nested deeper than ${MAX_DEPTH} levels`,
    );
  }
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (item && typeof item === "object") count += countKeys(item, depth + 1);
    }
    return count;
  }
  for (const key in value) {
    // Copying such a key by assignment would change the copy's prototype.
    if (key === "__proto__") {
      throw badRequest('a field cannot be named "__proto__"');
    }
    count++;
    const sub = (value as Record<string, unknown>)[key];
    if (sub && typeof sub === "object") count += countKeys(sub, depth + 1);
  }
  return count;
}

/** Colons outside of strings. */
function countColons(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3a) count++;
    else if (code === 0x22) {
      do {
        i = text.indexOf('"', i + 1);
      } while (escaped(text, i));
    }
  }
  return count;
}

function escaped(text: string, quote: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++;
  return slashes % 2 === 1;
}

function decodeYaml(text: string): DecodedBody {
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
  countKeys(value, 0);
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
