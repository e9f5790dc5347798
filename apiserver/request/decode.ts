import { badRequest } from "../errors.ts";
import type { JsonObject } from "../types.ts";
import { countKeys } from "./count_keys.ts";
import { goJsonError } from "./go_json_error.ts";
import { duplicateFields } from "./duplicate_fields.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Characters of YAML that are decoded at once: up to a tenth of a second's work. */
const LONG_YAML = 32_768;

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
 * Numbers are doubles: integers beyond 2^53 lose precision. JSON is decoded at once, for YAML a library is loaded.
 *
 * @throws {StatusError} 400 for what is not UTF-8, JSON or YAML, for several documents, too deep nesting, too many
 * aliases, and keys named `__proto__`.
 */
export function decodeBody(
  bytes: Uint8Array,
  contentType: string,
  { kind }: {
    /** The kind that the body has to be of, for errors; without it the body is a patch. */
    kind?: string;
  } = {},
): DecodedBody | Promise<DecodedBody> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw badRequest("the request body is not valid UTF-8");
  }
  const isYaml = /yaml/i.test(contentType);
  if (isYaml && !/^\s*[{[]/.test(text)) return yaml(text);
  try {
    const decoded = decodeJson(text);
    return isYaml && decoded.duplicates.length ? yaml(text) : decoded;
  } catch (error) {
    // Flow YAML such as `{a: 1}` starts as JSON does.
    if (isYaml && error instanceof SyntaxError) return yaml(text);
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(
      kind === undefined
        ? "invalid JSON patch"
        : `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${
          goJsonError(text) ?? error.message
        } (${excerpt(bytes)})`,
    );
  }
}

async function yaml(text: string): Promise<DecodedBody> {
  if (text.length > LONG_YAML) {
    const { decodeYamlApart } = await import("./decode_yaml_apart.ts");
    return await decodeYamlApart(text);
  }
  const { decodeYaml } = await import("./decode_yaml.ts");
  return decodeYaml(text);
}

/** The start of a body, as kube-apiserver shows it. */
function excerpt(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const start = bytes.subarray(0, 30);
  const text = start[0] === 0x7b
    ? new TextDecoder().decode(start)
    : Array.from(start, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return bytes.length > start.length ? `${text} ...` : text;
}

function decodeJson(text: string): DecodedBody {
  const value = JSON.parse(text);
  if (!value || typeof value !== "object") {
    throw badRequest(
      `the request body must be an object, found ${JSON.stringify(value)}`,
    );
  }
  const keys = countKeys(value);
  // Every key has one colon: only where there are more colons than keys does a key stand twice.
  const duplicates = countColons(text) > keys ? duplicateFields(text) : [];
  return { value, duplicates };
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
