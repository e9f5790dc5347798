/**
 * What the server publishes about its API: OpenAPI documents from resource definitions.
 *
 * @module
 */
export { openapiV3, openapiV3Hash, openapiV3Index } from "./openapi_v3.ts";
export { hashOf } from "./hash.ts";
export { openapiV2 } from "./openapi_v2.ts";
export { encodeOpenapiV2, OPENAPI_V2_PROTOBUF } from "./protobuf_v2.ts";
export { groupVersionPath, schemaName } from "./names.ts";
export { type Reference, rememberReference } from "./references.ts";
