import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "./crc32.ts";
import { layoutOf } from "./migrations.ts";
import { openReadOnly } from "./read_only.ts";

/**
 * Notes beside the database up to which resourceVersion writes were acknowledged.
 *
 * SQLite takes a write-ahead log that ends too early, or is gone, for one that nothing more was written to: a disk that
 * says "safe" before it is, or a copy of `store.db` alone, would bring back an old state in silence. The note is written
 * when the write is safe and before it is acknowledged, so that it never names too much. It is not forced to the disk
 * itself: after a power failure it may be some seconds old, and then finds less.
 */
export class AcknowledgedNote {
  #path: string;
  #file: Deno.FsFile | undefined;

  constructor(path: string) {
    this.#path = noteOf(path);
  }

  set(resourceVersion: number): void {
    const text = String(resourceVersion).padStart(16);
    const line = new TextEncoder().encode(`${text} ${checksum(text)}\n`);
    try {
      this.#file ??= Deno.openSync(this.#path, {
        create: true,
        write: true,
        mode: 0o600,
      });
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(line);
    } catch {
      // The disk is full, say. The write itself is safe; the next one tries again.
      this.close();
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

function noteOf(path: string): string {
  return `${path}-acknowledged`;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** What the note beside `path` says; 0 where there is none, or half of one. */
export function readAcknowledged(path: string): number {
  let note: string;
  try {
    note = Deno.readTextFileSync(noteOf(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
  const [, text = "", sum] = /^( *\d+) ([0-9a-f]{8})\n$/.exec(note) ?? [];
  return sum === checksum(text) ? Number(text) : 0;
}

/** What is missing in a database, in words; nothing where all that was acknowledged is there. */
export function missingWrites(
  db: DatabaseSync,
  path: string,
): string | undefined {
  const acknowledged = readAcknowledged(path);
  if (acknowledged === 0) return undefined;
  const last = lastVersion(db);
  if (last >= acknowledged) return undefined;
  return `it ends at resourceVersion ${last}, and writes up to ${acknowledged} were acknowledged (${
    noteOf(path)
  }): the last of them, which were in ${path}-wal or at the end of the file, are gone`;
}

function lastVersion(db: DatabaseSync): number {
  if (layoutOf(db) === 0) return 0;
  // Rows of deletions are compacted, so that the last row may be before the last change.
  const { last } = db.prepare(
    `SELECT max(
       (SELECT coalesce(max(rv), 0) FROM log),
       (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'compacted')
     ) AS last`,
  ).get() as { last: number };
  return last;
}

/**
 * Looks whether the database holds all that was acknowledged, before it is opened for writing: that would bring what
 * is left of the write-ahead log into the file, and remove it.
 *
 * @throws where something is missing
 */
export function checkAcknowledged(path: string): void {
  if (readAcknowledged(path) === 0) return;
  let missing: string | undefined;
  try {
    using file = openReadOnly(path);
    missing = missingWrites(file.db, path);
  } catch {
    // In use, unreadable, gone or on a full disk: opening it for writing says so, or does not mind.
    return;
  }
  if (missing) throw lost(missing);
}

/** @throws where `db`, opened for writing, does not hold all that was acknowledged */
export function requireAcknowledged(db: DatabaseSync, path: string): void {
  const missing = missingWrites(db, path);
  if (missing) throw lost(missing);
}

function lost(missing: string): Error {
  return new Error(`the file is damaged: ${missing}`);
}
