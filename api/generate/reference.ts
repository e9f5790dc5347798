/**
 * The reference page of a kind, in Markdown: every field with its type and meaning.
 *
 * @module
 */
import type { Kind } from "../kind.ts";
import { type SchemaNode, structuralSchema } from "./structural_schema.ts";

/** The reference page of `kind`. */
export function referencePage(kind: Kind): string {
  const names = [kind.plural, ...kind.shortNames].map((n) => `\`${n}\``);
  const lines = [
    `# ${kind.kind}`,
    "",
    `${kind.description}.`,
    "",
    "| | |",
    "| --- | --- |",
    `| apiVersion | \`${kind.apiVersion}\` |`,
    `| scope | ${kind.namespaced ? "namespaced" : "cluster"} |`,
    `| names for kubectl | ${names.join(", ")} |`,
    "",
    "## spec",
    "",
    ...table(structuralSchema(kind.spec), "spec"),
  ];
  if (kind.status) {
    lines.push(
      "",
      "## status",
      "",
      "Written by the hub and by the device.",
      "",
      ...table(structuralSchema(kind.status), "status"),
    );
  }
  for (const { rule, message } of kind.validations) {
    lines.push("", `Rule: ${message} (\`${rule}\`).`);
  }
  return lines.join("\n") + "\n";
}

/** The index of all pages. */
export function referenceIndex(kinds: readonly Kind[]): string {
  return [
    "# Reference",
    "",
    "| kind | apiVersion | what it is |",
    "| --- | --- | --- |",
    ...kinds.map((kind) =>
      `| [${kind.kind}](${kind.singular}.md) | \`${kind.apiVersion}\` | ${kind.description} |`
    ),
    "",
  ].join("\n");
}

function table(schema: SchemaNode, path: string): string[] {
  return [
    "| field | type | meaning |",
    "| --- | --- | --- |",
    ...rows(schema, path),
  ];
}

function rows(schema: SchemaNode, path: string): string[] {
  const properties = schema.properties as
    | Record<string, SchemaNode>
    | undefined;
  if (!properties) return [];
  const required = new Set(schema.required as string[] | undefined);
  return Object.entries(properties).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    const items = field.items as SchemaNode | undefined;
    return [
      `| \`${at}\` | ${typeName(field)} | ${
        meaning(field, required.has(name))
      } |`,
      ...(items ? rows(items, `${at}[]`) : rows(field, at)),
    ];
  });
}

function typeName(field: SchemaNode): string {
  const items = field.items as SchemaNode | undefined;
  if (items) return `list of ${typeName(items)}`;
  const values = field.additionalProperties as SchemaNode | undefined;
  if (values) return `map of ${typeName(values)}`;
  return (field.type as string | undefined) ?? "any";
}

function meaning(field: SchemaNode, required: boolean): string {
  const facts: string[] = [];
  if (field.description) facts.push(`${field.description}.`);
  if (required) facts.push("Required.");
  if (field.default !== undefined) {
    facts.push(`Default: \`${JSON.stringify(field.default)}\`.`);
  }
  if (field.enum) {
    facts.push(
      `One of ${(field.enum as string[]).map((v) => `\`${v}\``).join(", ")}.`,
    );
  }
  if (field.pattern) facts.push(`Matches \`${escape(field.pattern)}\`.`);
  return escape(facts.join(" "));
}

/** A bar would end the table's cell. */
function escape(text: unknown): string {
  return String(text).replaceAll(/(?<!\\)\|/g, "\\|");
}
