import type { DatabaseSync } from "node:sqlite";
import type { Row } from "../storage/log.ts";
import { type CheckedRow, selectRows } from "../storage/read_rows.ts";
import { rowChecksum } from "../storage/row_checksum.ts";

/** A row that is whole, or what is wrong. */
export type Found =
  | { row: Row }
  /** This row is not what was written. */
  | { damaged: Row }
  /** Rows of these resourceVersions, both included, cannot be read; no `to` where all up to the end. */
  | { unreadable: { from: number; to?: number }; why: string };

const MOST_ROWS = 256;

/**
 * Goes through all rows of a file that may be damaged, in order of resourceVersion. Where a page cannot be read it goes
 * on after it.
 */
export function* survey(db: DatabaseSync): Generator<Found> {
  let after = 0;
  // One page that cannot be read fails the whole batch: those before it come in smaller ones.
  let limit = MOST_ROWS;
  /** Damaged rows may be met again. */
  const told = new Set<number>();
  for (;;) {
    let batch: CheckedRow[];
    try {
      batch = selectRows(db, { after, limit });
    } catch (error) {
      if (limit > 1) {
        limit = Math.ceil(limit / 4);
        continue;
      }
      const why = error instanceof Error ? error.message : String(error);
      const next = nextReadable(db, after);
      yield {
        unreadable: { from: after + 1, ...(next ? { to: next - 1 } : {}) },
        why,
      };
      if (!next) return;
      after = next - 1;
      continue;
    }
    const from = after;
    for (const { row, checksum } of batch) {
      if (rowChecksum(row) === checksum) {
        after = Math.max(after, row.resourceVersion);
        yield { row };
      } else if (!told.has(row.resourceVersion)) {
        told.add(row.resourceVersion);
        yield { damaged: row };
      }
    }
    if (batch.length < limit) return;
    // The resourceVersion of a damaged row may be any number, so that it is not gone on from.
    if (after === from) after++;
    limit = Math.min(limit * 4, MOST_ROWS);
  }
}

/** The lowest resourceVersion after `after` whose row can be read; undefined where there is none. */
function nextReadable(db: DatabaseSync, after: number): number | undefined {
  const probe = db.prepare(
    "SELECT rv, length(value) FROM log WHERE rv >= ? ORDER BY rv LIMIT 1",
  );
  /** The first row from `rv` on, undefined where there is none, null where it cannot be read. */
  const first = (rv: number): number | undefined | null => {
    try {
      return probe.get(rv)?.rv as number | undefined;
    } catch {
      return null;
    }
  };
  let bad = after + 1;
  let step = 1;
  let good: number;
  for (;; step *= 2) {
    good = bad + step;
    if (!Number.isSafeInteger(good)) return undefined;
    if (first(good) !== null) break;
  }
  // Between a start that fails and one that does not.
  while (good - bad > 1) {
    const middle = bad + Math.floor((good - bad) / 2);
    if (first(middle) === null) bad = middle;
    else good = middle;
  }
  const found = first(good);
  // Of a damaged row it may be less.
  return found ? Math.max(found, good) : undefined;
}
