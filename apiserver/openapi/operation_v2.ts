/**
 * Operations and parameters of OpenAPI v3 in the form of v2.
 *
 * @module
 */
import type { JsonObject } from "../types.ts";
import { schemaV2 } from "./schema_v2.ts";

type Content = Record<string, { schema: JsonObject }>;

const PRODUCES = ["application/json", "application/yaml"];

/** An operation: its body becomes a parameter, its answers lose their media types. */
export function operationV2(
  { requestBody, responses, parameters, tags, description, ...rest }:
    JsonObject,
  method: string,
): JsonObject {
  const { operationId, ...extensions } = rest;
  const content = (requestBody as JsonObject | undefined)?.content as
    | Content
    | undefined;
  const list = [
    ...(content ? [bodyParameter(content, method)] : []),
    ...((parameters ?? []) as JsonObject[]).map(parameterV2),
  ];
  return {
    description,
    consumes: content && method === "patch" ? Object.keys(content) : ["*/*"],
    produces: PRODUCES,
    schemes: ["https"],
    tags,
    operationId,
    ...(list.length > 0 ? { parameters: list } : {}),
    responses: Object.fromEntries(
      Object.entries(responses as JsonObject).map(([code, response]) => [
        code,
        responseV2(response as JsonObject),
      ]),
    ),
    ...extensions,
  };
}

/** A parameter, whose type stands in itself. */
export function parameterV2(
  { schema, ...rest }: JsonObject,
): JsonObject {
  return { ...schema as JsonObject, ...rest };
}

function bodyParameter(content: Content, method: string): JsonObject {
  const [first] = Object.values(content);
  return {
    name: "body",
    in: "body",
    // The options of a deletion may be left out.
    ...(method === "delete" ? {} : { required: true }),
    schema: schemaV2(first!.schema),
  };
}

function responseV2({ description, content }: JsonObject): JsonObject {
  const [first] = Object.values((content ?? {}) as Content);
  return {
    description,
    ...(first ? { schema: schemaV2(first.schema) } : {}),
  };
}
