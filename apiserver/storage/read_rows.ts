import type { DatabaseSync } from "node:sqlite";
import type { Row } from "./log.ts";
import { rowChecksum } from "./row_checksum.ts";

/** Which rows to read: of a resourceVersion above `after`, up to `to`. */
export interface Range {
  after?: number;
  to?: number;
}

/**
 * The rows as they are stored, in order of resourceVersion.
 *
 * @throws where a row is not as it was written
 */
export function* readRows(
  db: DatabaseSync,
  { after = 0, to = Number.MAX_SAFE_INTEGER }: Range = {},
): Generator<Row> {
  const rows = db.prepare(
    `SELECT rv, previous, deleted, resource, namespace, name, CAST(value AS BLOB) AS value, checksum
     FROM log WHERE rv > ? AND rv <= ? ORDER BY rv`,
  ).iterate(after, to);
  for (const found of rows) {
    const row: Row = {
      resourceVersion: found.rv as number,
      previous: found.previous as number,
      deleted: found.deleted === 1,
      resource: found.resource as string,
      namespace: found.namespace as string,
      name: found.name as string,
      value: found.value as Uint8Array<ArrayBuffer>,
    };
    if (rowChecksum(row) !== found.checksum) throw damagedRow(row);
    yield row;
  }
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
