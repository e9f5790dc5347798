import { isObject } from "../is_object.ts";
import { formats } from "../schema/formats.ts";
import type { Json, Schema } from "../types.ts";
import type { Crd } from "./types.ts";

/** Formats that kube-apiserver knows, without dashes, beside those that are checked here. */
const STRINGS = new Set(
  [...formats.keys(), "isbn", "isbn10", "isbn13", "creditcard"]
    .map((format) => format.replaceAll("-", "")),
);
const NUMBERS = new Set(["int32", "int64", "float", "double"]);

/**
 * What the author of a definition should know of its schemas, each once: formats that nobody checks, and sets that
 * nobody merges. Of an update, what `old` did not have yet.
 */
export function schemaWarnings(crd: Crd, old?: Crd): string[] {
  const had = new Set(old ? schemaWarnings(old) : []);
  const found = new Set<string>();
  for (const { schema } of crd.spec.versions) {
    visit(schema?.openAPIV3Schema, found);
  }
  return [...found].filter((text) => !had.has(text));
}

function visit(schema: Schema | undefined, out: Set<string>): void {
  if (!schema) return;
  const { type, format, items } = schema;
  if (format && !isKnown(type, format)) {
    out.add(`unrecognized format ${JSON.stringify(format)}`);
  }
  if (schema["x-kubernetes-list-type"] === "set" && items) {
    const of = items.type;
    if (of === "array" || of === "object") {
      out.add(
        `x-kubernetes-list-type: set for items of type "${of}" is not supported by server-side apply or CEL validation rules`,
      );
    }
  }
  for (const key of ["items", "additionalProperties", "not"] as const) {
    const sub = schema[key] as Json | undefined;
    if (isObject(sub)) visit(sub as Schema, out);
  }
  for (const key of ["allOf", "anyOf", "oneOf"] as const) {
    for (const sub of schema[key] ?? []) visit(sub, out);
  }
  for (const sub of Object.values(schema.properties ?? {})) visit(sub, out);
}

function isKnown(type: string | undefined, format: string): boolean {
  return type === "integer" || type === "number"
    ? NUMBERS.has(format)
    : STRINGS.has(format.replaceAll("-", ""));
}
