import type { DatabaseSync } from "node:sqlite";
import { readMeta, transaction } from "./open_database.ts";

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

/** Rows that are looked at in one step: writes wait for it. */
const STEP_ROWS = 10_000;

/** Does a part of {@linkcode compactRows}; says up to which resourceVersion. */
export function compactSome(db: DatabaseSync, to: number): number {
  // Another one may have come further meanwhile.
  if (to <= Number(readMeta(db, "compacted"))) return to;
  const row = db.prepare(
    `SELECT rv FROM log
       WHERE rv > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'compacted')
       ORDER BY rv LIMIT 1 OFFSET ?`,
  ).get(STEP_ROWS);
  const reached = Math.min(to, row ? row.rv as number : to);
  compactRows(db, reached);
  return reached;
}
