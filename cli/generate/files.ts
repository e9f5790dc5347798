/**
 * Everything that is generated from the kinds, as files.
 *
 * @module
 */
import { stringify } from "yaml";
import type { Kind } from "../../api/kind.ts";
import { customResourceDefinition } from "../../api/generate/crd.ts";
import {
  anyKindSchema,
  jsonSchema,
  schemaFile,
} from "../../api/generate/json_schema.ts";
import { referenceIndex, referencePage } from "../../api/generate/reference.ts";

/** File name → content. */
export type Files = Record<string, string>;

/** A CustomResourceDefinition a file, as `kubectl apply -f` takes them. */
export function crdFiles(kinds: readonly Kind[]): Files {
  return Object.fromEntries(
    kinds.map((kind) => [
      `${kind.group}_${kind.plural}.yaml`,
      stringify(customResourceDefinition(kind), {
        lineWidth: 0,
        compat: "yaml-1.1",
      }),
    ]),
  );
}

/** A JSON Schema a kind, and `faros.json` for files of any kind. */
export function schemaFiles(kinds: readonly Kind[]): Files {
  const json = (value: unknown) => JSON.stringify(value, null, 2) + "\n";
  return Object.fromEntries([
    ...kinds.map((kind) => [schemaFile(kind), json(jsonSchema(kind))]),
    ["faros.json", json(anyKindSchema(kinds))],
  ]);
}

/** A reference page a kind, and their index. */
export function referenceFiles(kinds: readonly Kind[]): Files {
  return Object.fromEntries([
    ...kinds.map((kind) => [`${kind.singular}.md`, referencePage(kind)]),
    ["README.md", referenceIndex(kinds)],
  ]);
}
