/**
 * JSON, merge and strategic merge patches, all pure functions that leave their arguments as they are.
 *
 * @module
 */
export { jsonPatch } from "./json_patch.ts";
export { mergePatch } from "./merge_patch.ts";
export { strategicMergePatch } from "./strategic_merge_patch.ts";
