import { createHash } from "node:crypto";
import type { Row } from "../storage/log.ts";
import type { EndLine, FileLine, Header, RowLine } from "./format.ts";

/** What goes into a backup. */
export interface BackupContent {
  header: Header;
  files: FileLine[];
  rows: AsyncIterable<Row[]> | Iterable<Row[]>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a backup, a few lines at a time. */
export async function* writeBackup(
  { header, files, rows }: BackupContent,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const hash = createHash("sha256");
  const hashed = (lines: object[]) => {
    const bytes = encode(lines);
    hash.update(bytes);
    return bytes;
  };
  yield hashed([header, ...files]);
  let count = 0;
  for await (const some of rows) {
    count += some.length;
    yield hashed(some.map(lineOf));
  }
  const end: EndLine = {
    end: { files: files.length, rows: count, sha256: hash.digest("hex") },
  };
  yield encode([end]);
}

function lineOf(row: Row): RowLine {
  const { resourceVersion, previous, deleted, resource, namespace, name } = row;
  return {
    row: [
      resourceVersion,
      previous,
      deleted ? 1 : 0,
      resource,
      namespace,
      name,
    ],
    value: decoder.decode(row.value),
  };
}

function encode(lines: object[]): Uint8Array<ArrayBuffer> {
  return encoder.encode(
    lines.map((line) => JSON.stringify(line) + "\n").join(""),
  );
}
