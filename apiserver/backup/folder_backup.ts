import type { DatabaseSync } from "node:sqlite";
import { openDatabase, readMeta } from "../storage/open_database.ts";
import { readRows } from "../storage/read_rows.ts";
import { readDataFiles } from "./data_files.ts";
import { headerOf } from "./header.ts";
import { type BackupContent, writeBackup } from "./write_backup.ts";

const BATCH_ROWS = 200;

/**
 * A backup of a data folder that no server uses.
 *
 * @throws where one does, or the database is damaged
 */
export async function* backupOfFolder(
  dataDir: string,
  { now = () => new Date() }: { now?: () => Date } = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const path = `${dataDir}/store.db`;
  // SQLite would make an empty one.
  await Deno.stat(path);
  const db = openDatabase(path);
  try {
    const { rv } = db.prepare("SELECT max(rv) AS rv FROM log").get()!;
    const content: BackupContent = {
      header: headerOf({
        instance: readMeta(db, "instance") ?? "",
        // A restored database has given out versions that no row has yet.
        resourceVersion: Math.max(
          Number(rv ?? 0),
          Number(readMeta(db, "compacted")),
        ),
        encrypted: readMeta(db, "encrypted") ?? "",
      }, now()),
      files: await readDataFiles(dataDir),
      rows: batches(db),
    };
    yield* writeBackup(content);
  } finally {
    db.close();
  }
}

function* batches(db: DatabaseSync) {
  let rows = [];
  for (const row of readRows(db)) {
    rows.push(row);
    if (rows.length < BATCH_ROWS) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}
