import { openapiInfo } from "../discovery/version.ts";
import type { JsonObject, ResourceDefinition } from "../types.ts";
import { openapiV3Documents } from "./openapi_v3.ts";
import { operationV2, parameterV2 } from "./operation_v2.ts";
import { schemaV2 } from "./schema_v2.ts";

/** A document of one group version, made once for as long as it is the same. */
const parts = new WeakMap<JsonObject, Part>();

interface Part {
  definitions: JsonObject;
  paths: JsonObject;
}

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"];

/**
 * The OpenAPI v2 document of everything that is served: what the v3 documents say, in the older form. Schemas lose
 * what that form has no words for, as in kube-apiserver.
 */
export function openapiV2(definitions: ResourceDefinition[]): JsonObject {
  const all: Part = { definitions: {}, paths: {} };
  for (const document of openapiV3Documents(definitions)) {
    const part = partOf(document);
    Object.assign(all.definitions, part.definitions);
    Object.assign(all.paths, part.paths);
  }
  return {
    swagger: "2.0",
    info: openapiInfo(),
    paths: sorted(all.paths),
    definitions: sorted(all.definitions),
    securityDefinitions: {
      BearerToken: {
        description: "Bearer Token authentication",
        type: "apiKey",
        name: "authorization",
        in: "header",
      },
    },
    security: [{ BearerToken: [] }],
  };
}

function partOf(document: JsonObject): Part {
  let part = parts.get(document);
  if (!part) {
    const { schemas } = document.components as { schemas: JsonObject };
    part = {
      definitions: mapValues(schemas, (schema) => schemaV2(schema, true)),
      paths: mapValues(document.paths as JsonObject, pathV2),
    };
    parts.set(document, part);
  }
  return part;
}

function pathV2(item: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const method of METHODS) {
    const operation = item[method] as JsonObject | undefined;
    if (operation) out[method] = operationV2(operation, method);
  }
  const parameters = item.parameters as JsonObject[] | undefined;
  if (parameters) out.parameters = parameters.map(parameterV2);
  return out;
}

function mapValues(
  map: JsonObject,
  make: (value: JsonObject) => JsonObject,
): JsonObject {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [key, make(value as JsonObject)]),
  );
}

function sorted(map: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(map).sort(([a], [b]) => a < b ? -1 : 1),
  );
}
