import { DatabaseSync } from "node:sqlite";
import { checkAcknowledged, requireAcknowledged } from "./acknowledged.ts";
import { checkWal } from "./check_wal.ts";
import { layoutOf, migrate } from "./migrations.ts";

/** After a checkpoint a write-ahead log that was larger gives its space back. */
const WAL_BYTES = 16 << 20;
/**
 * Pages of the log that make a checkpoint. Writes wait for it, some ten milliseconds: by SQLite's default, a quarter of
 * this, one in a hundred did.
 */
const WAL_PAGES = WAL_BYTES / 4096;

/**
 * Opens a log's file in its present layout, for this process alone: a lock is held until it is closed, so that a
 * second server on the same folder fails here, at once.
 *
 * @throws where it is in use, damaged, or of a newer program
 */
export function openDatabase(path: string): DatabaseSync {
  checkWal(path);
  checkAcknowledged(path);
  // SQLite would make it readable for all; its other files get the mode of this one.
  Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE");
    // Temporary files would be copies of the content in places that nobody looks after.
    db.exec("PRAGMA temp_store = MEMORY");
    // Of a file that has tables this would write a page, each time.
    if (layoutOf(db) === 0) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    db.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
    db.exec(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}`);
    // Takes the lock. Writes nothing, so that a server starts on a full disk.
    db.exec("BEGIN EXCLUSIVE; COMMIT");
    requireAcknowledged(db, path);
    migrate(db);
    enableVacuum(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Files of layout 1 could not shrink: that is decided when the first table is made, or by VACUUM. */
function enableVacuum(db: DatabaseSync) {
  const { auto_vacuum } = db.prepare("PRAGMA auto_vacuum").get() as {
    auto_vacuum: number;
  };
  if (auto_vacuum !== 0) return;
  try {
    db.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  } catch (error) {
    // It needs space for a copy. Without it everything works, and the next start tries again.
    if (!/disk is full/.test(String(error))) throw error;
  }
}

/** An entry of the table `meta`. */
export function readMeta(db: DatabaseSync, key: string): string | undefined {
  return db.prepare("SELECT value FROM meta WHERE key = ?").get(key)?.value as
    | string
    | undefined;
}

/** Sets an entry of the table `meta`. */
export function writeMeta(db: DatabaseSync, key: string, value: string): void {
  db.prepare(
    "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  ).run(key, value);
}

/** Runs `work` in a transaction: all of it is stored, or nothing. */
export function transaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    // A failed COMMIT may have rolled back already; what counts is that nothing stays open.
    try {
      db.exec("ROLLBACK");
    } catch { /* there was nothing left to roll back */ }
    throw error;
  }
}
