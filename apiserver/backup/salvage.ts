import type { DatabaseSync } from "node:sqlite";
import { missingWrites, readAcknowledged } from "../storage/acknowledged.ts";
import { walProblem } from "../storage/check_wal.ts";
import { layoutOf } from "../storage/migrations.ts";
import type { Row } from "../storage/log.ts";
import { readMeta } from "../storage/open_database.ts";
import { openReadOnly, type ReadOnlyDatabase } from "../storage/read_only.ts";
import { readDataFiles } from "./data_files.ts";
import { headerOf } from "./header.ts";
import { type Found, survey } from "./survey.ts";
import { writeBackup } from "./write_backup.ts";

/** Layout since which rows have checksums. */
const CHECKSUMS = 2;
const BATCH_ROWS = 200;

/** What could be saved, and what could not. */
export interface Salvage {
  objects: number;
  /** What was not readable, in words. */
  lost: string[];
  /** The backup. */
  bytes: AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
}

/**
 * Saves what can be read of a damaged data folder as a backup. Where the newest state of an object is lost, an earlier
 * one that is still in the history takes its place.
 *
 * @throws where nothing can be read
 */
export async function salvage(
  dataDir: string,
  { now = () => new Date() }: { now?: () => Date } = {},
): Promise<Salvage> {
  const path = `${dataDir}/store.db`;
  const file = openDamaged(path);
  try {
    return await read(file, { dataDir, path, now });
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

async function read(
  file: ReadOnlyDatabase,
  { dataDir, path, now }: { dataDir: string; path: string; now: () => Date },
): Promise<Salvage> {
  const { db } = file;
  const newest = new Map<string, { rv: number; deleted: boolean }>();
  const lost = lostAtTheEnd(db, path);
  const meta = (key: string) => {
    try {
      return readMeta(db, key);
    } catch {
      return undefined;
    }
  };
  let last = 0;
  /** Up to here it is known what became of each resourceVersion; before, rows are missing that were compacted. */
  let known = Number(meta("compacted") ?? Infinity);
  for (const found of survey(db)) {
    if (!("row" in found)) {
      lost.push(lossOf(found));
      known = Math.max(known, lastOf(found, known));
      continue;
    }
    const { resource, namespace, name, resourceVersion, deleted } = found.row;
    if (resourceVersion > known + 1) {
      lost.push(lossOfGap(known + 1, resourceVersion - 1));
    }
    known = Math.max(known, resourceVersion);
    newest.set(`${resource}/${namespace}/${name}`, {
      rv: resourceVersion,
      deleted,
    });
    last = resourceVersion;
  }
  const keep = new Set<number>();
  for (const { rv, deleted } of newest.values()) if (!deleted) keep.add(rv);
  const header = headerOf({
    instance: meta("instance") ?? crypto.randomUUID(),
    resourceVersion: Math.max(
      last,
      Number(meta("compacted") ?? 0),
      readAcknowledged(path),
    ),
    encrypted: meta("encrypted") ?? "",
    objects: keep.size,
    salvaged: true,
  }, now());
  const files = await readDataFiles(dataDir);
  async function* bytes() {
    try {
      yield* writeBackup({ header, files, rows: batches(db, keep) });
    } finally {
      file[Symbol.dispose]();
    }
  }
  return { objects: keep.size, lost, bytes: bytes() };
}

/** Opens without a change to the file, and without what a damaged one may not survive. */
function openDamaged(path: string): ReadOnlyDatabase {
  Deno.statSync(path);
  let file: ReadOnlyDatabase | undefined;
  try {
    file = openReadOnly(path);
    const layout = layoutOf(file.db);
    if (layout < CHECKSUMS) {
      throw new Error(`its layout is ${layout}, which has no checksums`);
    }
    file.db.prepare("SELECT rv FROM log LIMIT 1");
    return file;
  } catch (error) {
    file?.[Symbol.dispose]();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot save anything of ${path}: ${why}; ${wayOut(why)}`, {
      cause: error,
    });
  }
}

function wayOut(why: string): string {
  if (/locked/.test(why)) return "stop the server that uses it";
  // SQLite keeps an index of the write-ahead log beside it.
  return /unable to open|readonly/.test(why)
    ? "copy the folder to where files can be written, and save from there"
    : "restore a backup ('faros restore')";
}

/** What no row tells of. */
function lostAtTheEnd(db: DatabaseSync, path: string): string[] {
  const lost: string[] = [];
  const damagedLog = walProblem(path);
  if (damagedLog) lost.push(damagedLog);
  try {
    const missing = missingWrites(db, path);
    if (missing) lost.push(missing);
  } catch {
    // It cannot be read to its end: the survey says where.
  }
  return lost;
}

function lossOf(found: Exclude<Found, { row: Row }>): string {
  if ("damaged" in found) {
    const { resource, namespace, name, resourceVersion } = found.damaged;
    const path = [resource.split("/")[1], namespace, name].filter(Boolean);
    return `${
      path.join("/") || "a row"
    } of resourceVersion ${resourceVersion} is not what was written`;
  }
  const { unreadable: { from, to }, why } = found;
  return `resourceVersions ${from} to ${
    to ?? "the end"
  } cannot be read (${why}): what changed there is missing, or older than it was`;
}

/** Up to where it is known what became of each resourceVersion, with this loss. */
function lastOf(found: Exclude<Found, { row: Row }>, known: number): number {
  if (!("damaged" in found)) return found.unreadable.to ?? Infinity;
  // That of a damaged row may be any number.
  const isNext = found.damaged.resourceVersion === known + 1;
  return isNext ? known + 1 : known;
}

/** A page that looks like another one hides its rows, and no row tells of it. */
function lossOfGap(from: number, to: number): string {
  const which = from === to
    ? `resourceVersion ${from}`
    : `resourceVersions ${from} to ${to}`;
  return `${which} cannot be found: lost, unless the disk was full when it was to be written`;
}

function* batches(db: DatabaseSync, keep: Set<number>) {
  let rows: Row[] = [];
  for (const found of survey(db)) {
    if (!("row" in found) || !keep.has(found.row.resourceVersion)) continue;
    // Those before it stay behind.
    rows.push({ ...found.row, previous: 0 });
    if (rows.length < BATCH_ROWS) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}
