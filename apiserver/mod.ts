/**
 * An embedded Kubernetes API server, in memory or on SQLite.
 *
 * @module
 */
export {
  type ApiServer,
  type ApiServerOptions,
  startApiServer,
} from "./api_server.ts";
export type { AuditLogOptions } from "./audit/mod.ts";
export type { EncryptionOptions } from "./storage/encryption_keys.ts";
export type { Certificate } from "./server/http_server.ts";
export * from "./types.ts";
export * from "./errors.ts";
