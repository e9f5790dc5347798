/**
 * An embedded Kubernetes API server, in memory or on SQLite.
 *
 * @module
 */
export {
  type ApiServer,
  type ApiServerOptions,
  type EncryptionOptions,
  startApiServer,
} from "./api_server.ts";
export * from "./types.ts";
export * from "./errors.ts";
