/**
 * Backups of a data folder: made by a running server or from the folder, checked, restored.
 *
 * @module
 */
export { checkFolder, type CheckOptions, type CheckResult } from "./check.ts";
export { backupOfFolder } from "./folder_backup.ts";
export type { Header } from "./format.ts";
export {
  type BackupSummary,
  type BackupVisitor,
  readBackup,
} from "./read_backup.ts";
export { RAISE, restore, type RestoreOptions } from "./restore.ts";
export { type Salvage, salvage } from "./salvage.ts";
export { syncFolder } from "./sync_folder.ts";
