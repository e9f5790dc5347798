/**
 * What the server publishes about its API: OpenAPI documents from resource definitions.
 *
 * @module
 */
export { openapiV3, openapiV3Hash, openapiV3Index } from "./openapi_v3.ts";
export { groupVersionPath, schemaName } from "./names.ts";
export { type Reference, rememberReference } from "./references.ts";
