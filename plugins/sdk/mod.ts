/**
 * What a plugin is written with.
 *
 * @module
 */
export * from "./aborted.ts";
export * from "./define_plugin.ts";
export * from "./life_cycle.ts";
export * from "./metrics.ts";
export * from "./types.ts";
