/**
 * JSON Schemas of manifests, for editors (yaml-language-server) and validators.
 *
 * @module
 */
import { z } from "zod";
import type { Kind } from "../kind.ts";
import type { SchemaNode } from "./structural_schema.ts";

/** The JSON Schema (2020-12) of manifests of `kind`. */
export function jsonSchema(kind: Kind): SchemaNode {
  const schema = z.toJSONSchema(kind.manifest, {
    io: "input",
    unrepresentable: "any",
  });
  return {
    title: `${kind.kind} (${kind.apiVersion})`,
    description: kind.description,
    ...withoutKubernetes(schema),
  };
}

/** One schema for files that hold any of `kinds`. */
export function anyKindSchema(kinds: readonly Kind[]): SchemaNode {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A manifest of Faros",
    oneOf: kinds.map((kind) => ({ $ref: schemaFile(kind) })),
  };
}

/** File name of a kind's schema. */
export function schemaFile(kind: Kind): string {
  return `${kind.singular}_${kind.version}.json`;
}

function withoutKubernetes(node: unknown): SchemaNode {
  return strip(node) as SchemaNode;
}

function strip(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strip);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => !key.startsWith("x-kubernetes-"))
      .map(([key, value]) => [key, strip(value)]),
  );
}
