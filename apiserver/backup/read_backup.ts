import { createHash } from "node:crypto";
import {
  type EndLine,
  type FileLine,
  FORMAT,
  type Header,
  type RowLine,
} from "./format.ts";
import { joinBytes } from "../join_bytes.ts";

/** What a backup came to, once it was read to its end. */
export interface BackupSummary {
  header: Header;
  files: number;
  rows: number;
  bytes: number;
}

/** Takes what is in a backup, in order. */
export interface BackupVisitor {
  header?(header: Header): void;
  file?(line: FileLine): void | Promise<void>;
  row?(line: RowLine): void;
  /** Called now and then with the bytes read so far. */
  progress?(bytes: number): void;
}

const NEWLINE = 10;

/**
 * Reads a backup to its end.
 *
 * @throws where it is cut off, was changed, or is of a newer program; what was visited before then counts for nothing
 */
export async function readBackup(
  chunks: AsyncIterable<Uint8Array>,
  visitor: BackupVisitor = {},
): Promise<BackupSummary> {
  const hash = createHash("sha256");
  let header: Header | undefined;
  let end: EndLine["end"] | undefined;
  let [files, rows, bytes] = [0, 0, 0];
  for await (const line of lines(chunks)) {
    if (end) throw new Error("something follows its end: it is damaged");
    const parsed = parse(line);
    if (!header) header = checkHeader(parsed, visitor);
    else if (parsed.row) {
      rows++;
      visitor.row?.(parsed as RowLine);
    } else if (parsed.file !== undefined) {
      files++;
      await visitor.file?.(parsed as FileLine);
    } else if (parsed.end) {
      end = parsed.end;
      continue;
    } else throw new Error("it has a line of an unknown kind: it is damaged");
    hash.update(line);
    bytes += line.length;
    visitor.progress?.(bytes);
  }
  if (!header) throw new Error("it is empty");
  if (!end) throw new Error("its end is missing: it was cut off");
  const sum = hash.digest("hex");
  if (end.sha256 !== sum || end.rows !== rows || end.files !== files) {
    throw new Error(
      `its checksum is ${end.sha256}, that of its content ${sum}: it is damaged`,
    );
  }
  return { header, files, rows, bytes };
}

type Line = Partial<Header & RowLine & FileLine & EndLine>;

function checkHeader(
  line: Line,
  visitor: BackupVisitor,
): Header {
  if (typeof line.backup !== "number") {
    throw new Error("it does not begin as a backup does");
  }
  if (line.backup > FORMAT) {
    throw new Error(
      `its format has version ${line.backup}, this program knows up to ${FORMAT}: use a newer program`,
    );
  }
  const header = line as Header;
  visitor.header?.(header);
  return header;
}

function parse(line: Uint8Array): Line {
  try {
    const value = JSON.parse(new TextDecoder().decode(line));
    if (typeof value === "object" && value !== null) return value;
  } catch { /* reported below */ }
  throw new Error("it has a line that is no JSON: it is damaged, or no backup");
}

/** The lines of a stream, each with its newline. */
async function* lines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      pieces.push(chunk.subarray(start, end + 1));
      yield joinBytes(pieces);
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) yield joinBytes(pieces);
}
