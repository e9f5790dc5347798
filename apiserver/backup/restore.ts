import { Buffer } from "node:buffer";
import type { DatabaseSync } from "node:sqlite";
import { compactRows } from "../storage/compact_rows.ts";
import {
  openDatabase,
  transaction,
  writeMeta,
} from "../storage/open_database.ts";
import { rowChecksum } from "../storage/row_checksum.ts";
import { writeDataFile } from "./data_files.ts";
import type { Header, RowLine } from "./format.ts";
import { type BackupSummary, readBackup } from "./read_backup.ts";
import { syncFolder } from "./sync_folder.ts";
import { UNFINISHED } from "./unfinished.ts";

/**
 * How far a restore raises the resourceVersion. Clients know versions that were given out after the backup was made; as
 * many as that would take decades.
 */
export const RAISE = 1_000_000_000;

const BATCH_ROWS = 1000;

/** Options of {@linkcode restore}. */
export interface RestoreOptions {
  /** Called now and then with how many bytes of how many are done, of both passes together. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Makes a data folder from a backup.
 *
 * The backup is read to its end before anything is written. History is not restored, and the resourceVersion is raised
 * far above every one that a client may know: a watch or a chunked list from before is answered 410 Expired, and
 * starts anew.
 *
 * @throws where the folder is not empty, or the backup is not whole
 */
export async function restore(
  file: string,
  dataDir: string,
  { onProgress = () => {} }: RestoreOptions = {},
): Promise<BackupSummary> {
  const failed = (error: unknown) =>
    new Error(
      `Cannot restore ${file}: ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  await checkEmpty(dataDir);
  const { size } = await Deno.stat(file).catch((error) => {
    throw failed(error);
  });
  const chunks = async () => (await Deno.open(file)).readable;
  let summary: BackupSummary;
  try {
    summary = await readBackup(await chunks(), {
      progress: (bytes) => onProgress(bytes, 2 * size),
    });
  } catch (error) {
    throw failed(error);
  }
  await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = `${dataDir}/${UNFINISHED}`;
  const db = openDatabase(path);
  try {
    const writer = new RowWriter(db);
    await readBackup(await chunks(), {
      file: (line) => writeDataFile(dataDir, line),
      row: (line) => writer.add(line),
      progress: (bytes) => onProgress(size + bytes, 2 * size),
    });
    writer.finish(summary.header);
    // To close the file would do it too, and say nothing of a disk that is full: what is in the log would stay behind.
    db.exec("PRAGMA journal_mode = DELETE");
  } catch (error) {
    throw failed(error);
  } finally {
    db.close();
  }
  await Deno.rename(path, `${dataDir}/store.db`);
  await syncFolder(dataDir);
  return summary;
}

async function checkEmpty(dataDir: string) {
  let first: string | undefined;
  try {
    for await (const { name } of Deno.readDir(dataDir)) first ??= name;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (first === undefined) return;
  throw new Error(
    `Cannot restore into ${dataDir}: it is not empty (${first}); name a folder that is, or move that one away`,
  );
}

class RowWriter {
  #db: DatabaseSync;
  #rows: RowLine[] = [];

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  add(line: RowLine): void {
    this.#rows.push(line);
    if (this.#rows.length >= BATCH_ROWS) this.#flush();
  }

  /** Leaves the newest state of each object, under a resourceVersion that nobody knows. */
  finish({ resourceVersion, instance, encrypted }: Header): void {
    this.#flush();
    compactRows(this.#db, resourceVersion);
    transaction(this.#db, () => {
      writeMeta(this.#db, "compacted", String(resourceVersion + RAISE));
      writeMeta(this.#db, "instance", instance);
      writeMeta(this.#db, "encrypted", encrypted);
    });
    this.#db.exec("PRAGMA incremental_vacuum");
  }

  #flush() {
    const insert = this.#db.prepare(
      "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    transaction(this.#db, () => {
      for (const { row, value } of this.#rows) {
        const [resourceVersion, previous, deleted, ...key] = row;
        const [resource, namespace, name] = key;
        insert.run(
          ...row,
          value,
          rowChecksum({
            resourceVersion,
            previous,
            deleted: deleted === 1,
            resource,
            namespace,
            name,
            value: Buffer.from(value),
          }),
        );
      }
    });
    this.#rows = [];
  }
}
