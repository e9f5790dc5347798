/**
 * Makes `testdata/api/FORGE.json` of the description of its API that a forge
 * publishes: only the operations that Faros uses, of these only names and
 * types. `testdata/README.md` says where the descriptions are from.
 *
 *     deno run -A gitops/forge/testing/trim_api.ts github api.github.com.json
 *
 * @module
 */
import type { ApiDescription, Operation, Schema } from "./compare_with_api.ts";

type Json = Record<string, unknown>;

/** How deep answers are described: Faros reads nothing below. */
const DEPTH = 3;
const KEPT = ["type", "enum", "maxLength", "minLength", "required"];

/** What Faros uses of each. */
const USED: Record<string, string[]> = {
  github: [
    "GET /user",
    "GET /repos/{owner}/{repo}/pulls",
    "GET /repos/{owner}/{repo}/compare/{basehead}",
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "POST /repos/{owner}/{repo}/statuses/{sha}",
    "GET /orgs/{org}/installation",
    "GET /users/{username}/installation",
    "POST /app/installations/{installation_id}/access_tokens",
  ],
  gitea: [
    "GET /user",
    "GET /repos/{owner}/{repo}/pulls",
    "GET /repos/{owner}/{repo}/pulls/{index}",
    "GET /repos/{owner}/{repo}/issues/{index}/comments",
    "POST /repos/{owner}/{repo}/issues/{index}/comments",
    "PATCH /repos/{owner}/{repo}/issues/comments/{id}",
    "POST /repos/{owner}/{repo}/statuses/{sha}",
  ],
  bitbucket: [
    "POST /repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build",
  ],
};

/** Reduces a description, OpenAPI 3 or Swagger 2. */
function trim(document: Json, operations: string[]): ApiDescription {
  const at = (path: string): Json =>
    path.split("/").slice(1).reduce(
      (value, key) =>
        value[key.replaceAll("~1", "/").replaceAll("~0", "~")] as Json,
      document,
    );
  const resolved = (value: unknown): Json => {
    let found = value as Json;
    while (typeof found.$ref === "string") found = at(found.$ref);
    return found;
  };
  const schema = (value: unknown, depth: number): Schema => {
    const found = resolved(value);
    const choices = (found.anyOf ?? found.oneOf) as unknown[] | undefined;
    const trimmed: Schema = {};
    for (const key of KEPT) {
      if (found[key] !== undefined) trimmed[key] = found[key];
    }
    if (found.nullable) {
      if (trimmed.type) trimmed.type = [trimmed.type, "null"];
      if (trimmed.enum) trimmed.enum = [...trimmed.enum as unknown[], null];
    }
    if (choices) trimmed.anyOf = choices.map((choice) => schema(choice, depth));
    const parts = ((found.allOf ?? []) as unknown[]).map((part) =>
      schema(part, depth)
    );
    const properties = Object.fromEntries(
      Object.entries((found.properties ?? {}) as Json).map((
        [name, property],
      ) => [name, depth > 1 ? schema(property, depth - 1) : {}]),
    );
    Object.assign(properties, ...parts.map((part) => part.properties));
    if (Object.keys(properties).length) {
      trimmed.type ??= "object";
      trimmed.properties = properties;
    }
    if (found.items) trimmed.items = schema(found.items, depth);
    return trimmed;
  };
  const json = (content: unknown): unknown =>
    (Object.entries((content ?? {}) as Record<string, Json>)
      .find(([type]) => type.includes("json")) ?? [])[1]?.schema;
  return {
    operations: operations.map((named): Operation => {
      const [method, path] = named.split(" ") as [string, string];
      const item = at("/paths")[path] as Json;
      const operation = resolved(item[method.toLowerCase()]);
      const parameters = [
        ...(item.parameters ?? []) as unknown[],
        ...(operation.parameters ?? []) as unknown[],
      ].map(resolved);
      const inBody = parameters.find((parameter) => parameter.in === "body");
      const body = inBody?.schema ??
        (operation.requestBody &&
          json(resolved(operation.requestBody).content));
      const [code, answer] = Object.entries(operation.responses as Json)
        .find(([code]) => code.startsWith("2"))!;
      const { content, schema: flat } = resolved(answer);
      const answered = json(content) ?? flat;
      return {
        method,
        path,
        query: Object.fromEntries(
          parameters.filter((parameter) => parameter.in === "query").map((
            parameter,
          ) => [
            String(parameter.name),
            schema(parameter.schema ?? parameter, 1),
          ]),
        ),
        ...(body ? { body: schema(body, DEPTH) } : {}),
        code: Number(code),
        ...(answered ? { answer: optional(schema(answered, DEPTH)) } : {}),
      };
    }),
  };
}

/** Answers in tests have only what is read. */
function optional(schema: Schema): Schema {
  const { required: _, ...rest } = schema;
  return {
    ...rest,
    ...(rest.properties
      ? {
        properties: Object.fromEntries(
          Object.entries(rest.properties).map((
            [name, property],
          ) => [name, optional(property)]),
        ),
      }
      : {}),
    ...(rest.items ? { items: optional(rest.items) } : {}),
    ...(rest.anyOf ? { anyOf: rest.anyOf.map(optional) } : {}),
  };
}

if (import.meta.main) {
  const [forge, file] = Deno.args as [string, string];
  const text = await Deno.readTextFile(file);
  // Gitea's is a template of Go.
  const document = JSON.parse(text.replace(/\{\{[^}]*\}\}/g, ""));
  const description = trim(document, USED[forge]!);
  await Deno.writeTextFile(
    new URL(`../testdata/api/${forge}.json`, import.meta.url),
    `${JSON.stringify(description, undefined, 2)}\n`,
  );
}
