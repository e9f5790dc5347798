/**
 * The kinds of Faros.
 *
 * @module
 */
export * from "./meta.ts";
export * from "./kind.ts";
export * from "./kubernetes_permission.ts";
export * from "./plugin_entry.ts";
export * from "./device.ts";
export * from "./workspace.ts";
export * from "./agent.ts";
export * from "./registration.ts";
export * from "./enrollment.ts";
export * from "./plugin.ts";
export * from "./plugin_kind.ts";
export * from "./plugin_bundle.ts";
export * from "./revision.ts";
export * from "./plugin_object.ts";
export * from "./network.ts";
export * from "./container_runtime.ts";
export * from "./monitoring.ts";
export * from "./repository.ts";
export * from "./kinds.ts";
export * from "./names.ts";
export * as core from "./core.ts";
export * from "./protocol/canonical_json.ts";
export * from "./protocol/claims.ts";
