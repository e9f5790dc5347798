import type { DatabaseSync } from "node:sqlite";
import { rowChecksum } from "./row_checksum.ts";

/** A step from one layout of the file to the next. */
type Migration = (db: DatabaseSync) => void;

/** Numbered by place: the first makes layout 1 of an empty file. A step that was released never changes. */
const MIGRATIONS: readonly Migration[] = [
  createLog,
  addChecksums,
];

/** The layout that this program writes. */
export const LAYOUT_VERSION = MIGRATIONS.length;

/** The layout of a file; 0 where it is empty. */
export function layoutOf(db: DatabaseSync): number {
  const row = db.prepare("PRAGMA user_version").get() as {
    user_version: number;
  };
  return row.user_version;
}

/**
 * Brings a file to the present layout, each step in a transaction of its own: a process that dies between them goes
 * on from where it was.
 *
 * @throws where the file is of a newer program
 */
export function migrate(db: DatabaseSync): void {
  const found = layoutOf(db);
  if (found > LAYOUT_VERSION) {
    throw new Error(
      `its layout has version ${found}, this program knows up to ${LAYOUT_VERSION}: start a newer program`,
    );
  }
  MIGRATIONS.slice(found).forEach((step, i) => {
    db.exec("BEGIN EXCLUSIVE");
    try {
      step(db);
      db.exec(`PRAGMA user_version = ${found + i + 1}; COMMIT`);
    } catch (error) {
      try {
        db.exec("ROLLBACK");
      } catch { /* a full disk has rolled it back already */ }
      throw error;
    }
  });
}

function createLog(db: DatabaseSync) {
  db.exec(`
    CREATE TABLE log (
      rv INTEGER PRIMARY KEY,
      previous INTEGER NOT NULL,
      deleted INTEGER NOT NULL,
      resource TEXT NOT NULL,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL
    ) STRICT;
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    INSERT INTO meta VALUES ('compacted', '0');
  `);
  db.prepare("INSERT INTO meta VALUES ('instance', ?)")
    .run(crypto.randomUUID());
}

function addChecksums(db: DatabaseSync) {
  db.exec("ALTER TABLE log ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0");
  const read = db.prepare("SELECT * FROM log WHERE rv > ? ORDER BY rv LIMIT 1");
  const set = db.prepare("UPDATE log SET checksum = ? WHERE rv = ?");
  // One by one: changing a table while iterating over it is undefined in SQLite.
  for (let row = read.get(0); row; row = read.get(row.rv as number)) {
    set.run(
      rowChecksum({
        resourceVersion: row.rv as number,
        previous: row.previous as number,
        deleted: row.deleted === 1,
        resource: row.resource as string,
        namespace: row.namespace as string,
        name: row.name as string,
        value: row.value as string,
      }),
      row.rv as number,
    );
  }
}
