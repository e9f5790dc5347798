import type { DatabaseSync } from "node:sqlite";
import { transaction } from "./open_database.ts";

/** Deletes history up to and including a resourceVersion: rows that were replaced by then, and deletions. */
export function compactRows(db: DatabaseSync, to: number): void {
  transaction(db, () => {
    db.prepare(
      `DELETE FROM log WHERE rv IN (SELECT previous FROM log
         WHERE previous > 0 AND rv <= :to
         AND rv > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'compacted'))`,
    ).run({ to });
    db.prepare(
      `DELETE FROM log WHERE deleted = 1 AND rv <= :to
         AND rv > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'compacted')`,
    ).run({ to });
    db.prepare("UPDATE meta SET value = ? WHERE key = 'compacted'")
      .run(String(to));
  });
}
