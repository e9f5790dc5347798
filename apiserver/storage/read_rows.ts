import type { DatabaseSync } from "node:sqlite";
import type { Row } from "./log.ts";
import { rowChecksum } from "./row_checksum.ts";

/** Which rows to read: of a resourceVersion above `after`, up to `to`. */
export interface Range {
  after?: number;
  to?: number;
}

/** Rows that are read at a time. */
const BATCH_ROWS = 200;

/**
 * The rows as they are stored, in order of resourceVersion.
 *
 * @throws where a row is not as it was written
 */
export function* readRows(
  db: DatabaseSync,
  range: Range = {},
): Generator<Row> {
  for (let { after } = range;;) {
    const batch = readBatch(db, { ...range, after });
    for (const { row, checksum } of batch) {
      if (rowChecksum(row) !== checksum) throw damagedRow(row);
      after = row.resourceVersion;
      yield row;
    }
    if (batch.length < BATCH_ROWS) return;
  }
}

function readBatch(db: DatabaseSync, range: Range): CheckedRow[] {
  try {
    return selectRows(db, { ...range, limit: BATCH_ROWS });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // Amid a large transaction a read may write: what does not fit into memory goes to the disk.
    if (/disk is full/.test(why)) throw error;
    throw new Error(
      `the file is damaged: rows after resourceVersion ${
        range.after ?? 0
      } cannot be read (${why})`,
      { cause: error },
    );
  }
}

/** A row, with the checksum that it should have. */
export interface CheckedRow {
  row: Row;
  checksum: number;
}

/**
 * Up to `limit` rows of a range.
 *
 * @throws where one of them lies on a page that cannot be read
 */
export function selectRows(
  db: DatabaseSync,
  { after = 0, to = Number.MAX_SAFE_INTEGER, limit }: Range & { limit: number },
): CheckedRow[] {
  // `iterate` of Deno's node:sqlite ends at a page that cannot be read as if that were the end of the table; `all`
  // throws.
  return db.prepare(
    `SELECT rv, previous, deleted, resource, namespace, name, CAST(value AS BLOB) AS value, checksum
     FROM log WHERE rv >= ? AND rv <= ? ORDER BY rv LIMIT ?`,
    // Not `rv > after`: that would begin on the page of `after`, which may be one that cannot be read.
  ).all(after + 1, to, limit).map((columns) => ({
    row: rowOf(columns),
    checksum: columns.checksum as number,
  }));
}

function damagedRow(row: Row): Error {
  const { resource, namespace, name, resourceVersion } = row;
  const path = [resource.split("/")[1], namespace, name].filter(Boolean);
  return new Error(
    `the file is damaged: ${
      path.join("/")
    } (resourceVersion ${resourceVersion}) is not what was written, its checksum differs`,
  );
}

/** A damaged page may hold anything: what is not of its type cannot have the right checksum either. */
function rowOf(columns: Record<string, unknown>): Row {
  const text = (value: unknown) => typeof value === "string" ? value : "";
  const { value } = columns;
  return {
    resourceVersion: columns.rv as number,
    previous: columns.previous as number,
    deleted: columns.deleted === 1,
    resource: text(columns.resource),
    namespace: text(columns.namespace),
    name: text(columns.name),
    value: value instanceof Uint8Array
      ? value as Uint8Array<ArrayBuffer>
      : new Uint8Array(),
  };
}
