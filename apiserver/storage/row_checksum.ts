import { crc32 } from "./crc32.ts";
import type { Row } from "./log.ts";

/**
 * CRC-32 of a whole row as it is stored.
 *
 * SQLite has no checksums outside its write-ahead log: a bit that a disk flipped in the middle of a value would be
 * served as if it had been written.
 */
export function rowChecksum(
  row: Omit<Row, "value"> & { value: string | Uint8Array },
): number {
  const { resourceVersion, previous, deleted, resource, namespace, name } = row;
  const key =
    `${resourceVersion} ${previous} ${deleted} ${resource} ${namespace} ${name} `;
  return crc32(row.value, crc32(key));
}
