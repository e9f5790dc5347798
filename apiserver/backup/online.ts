/**
 * What a backup of a running server is made by.
 *
 * @module
 */
export { readDataFiles } from "./data_files.ts";
export { headerOf } from "./header.ts";
export { writeBackup } from "./write_backup.ts";
