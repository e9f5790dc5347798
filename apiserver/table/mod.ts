/**
 * Objects as tables, the form in which kubectl prints them.
 *
 * @module
 */
export { toTable, type ToTableOptions } from "./to_table.ts";
export { type JsonPath, jsonPath } from "./json_path.ts";
export { humanDuration } from "./human_duration.ts";
